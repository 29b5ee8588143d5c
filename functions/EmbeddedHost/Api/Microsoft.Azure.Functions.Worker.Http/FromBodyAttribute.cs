namespace Microsoft.Azure.Functions.Worker.Http;

/// <summary>Binds the parameter to the JSON body of the request.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public class FromBodyAttribute : Attribute;
