using Microsoft.DurableTask;

namespace Highwater.EmbeddedHost.Tests.Orchestrations;

public class RetryPolicyTests
{
    [Theory]
    [InlineData(0, 1, 1.0, null, null, "maxNumberOfAttempts")]
    [InlineData(-1, 1, 1.0, null, null, "maxNumberOfAttempts")]
    [InlineData(1, 0, 1.0, null, null, "firstRetryInterval")]
    [InlineData(1, -1, 1.0, null, null, "firstRetryInterval")]
    [InlineData(1, 1, 0.9, null, null, "backoffCoefficient")]
    [InlineData(1, 5, 1.0, 4, null, "maxRetryInterval")]
    [InlineData(1, 5, 1.0, null, 4, "retryTimeout")]
    public void A_policy_that_makes_no_sense_is_refused(
        int attempts, int first, double backoff, int? longest, int? timeout, string parameter)
    {
        var refused = Assert.Throws<ArgumentOutOfRangeException>(() => new RetryPolicy(
            attempts,
            TimeSpan.FromSeconds(first),
            backoff,
            longest is { } max ? TimeSpan.FromSeconds(max) : null,
            timeout is { } end ? TimeSpan.FromSeconds(end) : null));

        Assert.Equal(parameter, refused.ParamName);
    }

    [Fact]
    public void What_is_not_said_is_an_hour_at_most_between_attempts_and_no_timeout()
    {
        var policy = new RetryPolicy(2, TimeSpan.FromHours(2));

        Assert.Equal(1, policy.BackoffCoefficient);
        Assert.Equal(TimeSpan.FromHours(1), policy.MaxRetryInterval);
        Assert.Equal(Timeout.InfiniteTimeSpan, policy.RetryTimeout);
        Assert.True(policy.Handle(new IOException()));
    }

    [Fact]
    public void No_limit_can_be_said_for_both()
    {
        var none = Timeout.InfiniteTimeSpan;

        var policy = new RetryPolicy(2, TimeSpan.FromHours(2), 1, maxRetryInterval: none, retryTimeout: none);

        Assert.Equal((none, none), (policy.MaxRetryInterval, policy.RetryTimeout));
    }

    [Fact]
    public void Handle_asks_HandleFailure_of_the_details_of_the_failed_task()
    {
        var policy = new RetryPolicy(2, TimeSpan.FromSeconds(1))
        {
            HandleFailure = failure => failure.IsCausedBy<IOException>(),
        };
        var details = TaskFailureDetails.FromException(new FileNotFoundException("gone"));

        Assert.True(policy.Handle(new TaskFailedException("Work", 1, details)));
        Assert.True(policy.Handle(new FileNotFoundException()));
        Assert.False(policy.Handle(new InvalidOperationException("", new IOException())));
    }

    [Fact]
    public void Options_are_made_from_a_policy_a_handler_or_other_options()
    {
        var policy = new RetryPolicy(2, TimeSpan.FromSeconds(1));
        TaskRetryOptions byPolicy = policy;
        TaskRetryOptions byHandler = (RetryHandler)(_ => false);

        Assert.Same(policy, byPolicy.Policy);
        Assert.NotNull(byHandler.Handler);
        Assert.Same(policy, new TaskOptions(retry: policy).Retry!.Policy);
        var named = TaskOptions.FromRetryPolicy(policy).WithInstanceId("child");
        Assert.Equal(("child", policy), (named.InstanceId, named.Retry!.Policy));
        Assert.Equal("child", new SubOrchestrationOptions(named).InstanceId);
        Assert.Equal("other", new SubOrchestrationOptions(named, "other").InstanceId);
    }
}
