// Highwater on Azure: the image `azure` of infra/Dockerfile as a function app on Azure Container Apps, with the storage
// its Durable Functions history needs, a file share for the local repository, and a key vault for its secrets.
//
//   az deployment group create --resource-group GROUP --parameters infra/azure/main.bicepparam
//
// Exactly one replica runs, always: timers must tick, and one backup of a cluster at a time is all there can be. A
// container app has no limit on how long a function runs (host.json: functionTimeout -1), as a consumption plan has.
//
// WAL comes through the file share `spool`: mount it on the database machine over SMB or NFS as WAL_SPOOL_PATH, so that
// infra/postgres/archive-wal leaves segments there.

@description('Starts every name. Lower-case letters and digits.')
@minLength(3)
@maxLength(11)
param name string = 'highwater'

@description('Where everything is created.')
param location string = resourceGroup().location

@description('The image, as pushed: docker build -f infra/Dockerfile --target azure .')
param image string

@description('Resource id of the container registry the image is in; the app may pull from it. Empty for a public image.')
param registryId string = ''

@description('Resource id of a subnet, at least /27 and delegated to Microsoft.App/environments, from which the database and the remote repository can be reached. Empty for none.')
param subnetId string = ''

@description('Host name or address of the PostgreSQL server.')
param postgresHost string

@description('Its port.')
@minValue(1)
@maxValue(65535)
param postgresPort int = 5432

@description('The database to connect to; every database of the cluster is backed up.')
param postgresDatabase string = 'postgres'

@description('A role with REPLICATION and pg_read_all_settings.')
param postgresUser string = 'highwater'

@description('Its password.')
@secure()
param postgresPassword string

@description('Host name of the remote repository. Empty for a local repository only.')
param remoteHost string = ''

@description('Its SSH port.')
@minValue(1)
@maxValue(65535)
param remotePort int = 22

@description('The user there.')
param remoteUser string = 'highwater'

@description('The folder of the remote repository, as an absolute path.')
param remotePath string = '/srv/highwater/main'

@description('The private key, in OpenSSH format. Needed with remoteHost.')
@secure()
param remoteKey string = ''

@description('The known_hosts line of the remote host; unknown and changed host keys are refused. Needed with remoteHost.')
@secure()
param remoteKnownHosts string = ''

@description('When base backups run: a cron expression of 5 or 6 fields, in UTC.')
param backupSchedule string = '0 2 * * *'

@description('When the spool is emptied.')
param walSyncSchedule string = '0 * * * * *'

@description('How many base backups each repository keeps.')
@minValue(1)
@maxValue(10000)
param retentionCount int = 10

@description('Size of the file share of the local repository.')
@minValue(100)
@maxValue(102400)
param repositoryGigabytes int = 1024

@description('Cores of the container. Compression takes what it gets.')
@allowed(['1.0', '2.0', '4.0'])
param cores string = '2.0'

var unique = uniqueString(resourceGroup().id, name)
var memory = { '1.0': '2Gi', '2.0': '4Gi', '4.0': '8Gi' }[cores]
var hasRemote = !empty(remoteHost)
var keysFolder = '/mnt/keys'
var repositoryFolder = '/mnt/repository'
var spoolFolder = '/mnt/spool'

// Roles are the same in every tenant (Azure documentation, "Azure built-in roles").
var blobOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var queueContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
var tableContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'
var registryReader = '7f951dda-4ed3-4680-a7ca-43fe172d538d'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${name}-identity'
  location: location
}

// ------------------------------------------------------------------------------------------------------------ storage

// The Functions host and the history of orchestrations, reached with the identity and no key.
resource hostStorage 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: take('${name}host${unique}', 24)
  location: location
  sku: { name: 'Standard_LRS' }
  kind: 'StorageV2'
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }
}

// Azure Files over SMB has no other way in than the account's key, which only the environment below knows.
resource fileStorage 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: take('${name}files${unique}', 24)
  location: location
  sku: { name: 'Standard_ZRS' }
  kind: 'StorageV2'
  properties: {
    allowBlobPublicAccess: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }

  resource files 'fileServices' = {
    name: 'default'
    properties: {
      shareDeleteRetentionPolicy: { enabled: true, days: 14 }
    }

    resource repository 'shares' = {
      name: 'repository'
      properties: { shareQuota: repositoryGigabytes }
    }

    resource spool 'shares' = {
      name: 'spool'
      properties: { shareQuota: 100 }
    }
  }
}

resource hostRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [blobOwner, queueContributor, tableContributor]: {
    name: guid(hostStorage.id, identity.id, role)
    scope: hostStorage
    properties: {
      principalId: identity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

// ------------------------------------------------------------------------------------------------------------ secrets

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: take('${name}-${unique}', 24)
  location: location
  properties: {
    tenantId: subscription().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enablePurgeProtection: true
  }

  resource password 'secrets' = {
    name: 'postgres-password'
    properties: { value: postgresPassword }
  }

  resource key 'secrets' = if (hasRemote) {
    name: 'ssh-private-key'
    properties: { value: remoteKey }
  }

  resource knownHosts 'secrets' = if (hasRemote) {
    name: 'ssh-known-hosts'
    properties: { value: remoteKnownHosts }
  }
}

resource vaultRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, identity.id, secretsUser)
  scope: vault
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
  }
}

module registryRole 'registry-role.bicep' = if (!empty(registryId)) {
  name: '${name}-registry-role'
  // A registry often belongs to another team, and so to another resource group.
  scope: resourceGroup(split('${registryId}////////', '/')[2], split('${registryId}////////', '/')[4])
  params: {
    registryName: last(split(registryId, '/'))
    principalId: identity.properties.principalId
    role: registryReader
  }
}

// ---------------------------------------------------------------------------------------------------------------- app

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: '${name}-logs'
  location: location
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 90
  }
}

resource environment 'Microsoft.App/managedEnvironments@2024-03-01' = {
  name: '${name}-environment'
  location: location
  properties: {
    appLogsConfiguration: {
      destination: 'log-analytics'
      logAnalyticsConfiguration: {
        customerId: logs.properties.customerId
        sharedKey: logs.listKeys().primarySharedKey
      }
    }
    vnetConfiguration: empty(subnetId) ? null : { infrastructureSubnetId: subnetId }
    workloadProfiles: [
      { name: 'Consumption', workloadProfileType: 'Consumption' }
    ]
  }

  resource repository 'storages' = {
    name: 'repository'
    properties: {
      azureFile: {
        accountName: fileStorage.name
        accountKey: fileStorage.listKeys().keys[0].value
        shareName: fileStorage::files::repository.name
        accessMode: 'ReadWrite'
      }
    }
  }

  resource spool 'storages' = {
    name: 'spool'
    properties: {
      azureFile: {
        accountName: fileStorage.name
        accountKey: fileStorage.listKeys().keys[0].value
        shareName: fileStorage::files::spool.name
        accessMode: 'ReadWrite'
      }
    }
  }
}

var secrets = concat(
  [
    { name: 'postgres-password', keyVaultUrl: vault::password.properties.secretUri, identity: identity.id }
  ],
  hasRemote
    ? [
        { name: 'ssh-private-key', keyVaultUrl: '${vault.properties.vaultUri}secrets/ssh-private-key', identity: identity.id }
        { name: 'ssh-known-hosts', keyVaultUrl: '${vault.properties.vaultUri}secrets/ssh-known-hosts', identity: identity.id }
      ]
    : []
)

var remoteSettings = hasRemote
  ? [
      { name: 'REMOTE_BACKUP_HOST', value: remoteHost }
      { name: 'REMOTE_BACKUP_PORT', value: string(remotePort) }
      { name: 'REMOTE_BACKUP_USER', value: remoteUser }
      { name: 'REMOTE_BACKUP_PATH', value: remotePath }
      { name: 'REMOTE_BACKUP_KEY_FILE', value: '${keysFolder}/ssh-private-key' }
      { name: 'REMOTE_BACKUP_KNOWN_HOSTS', value: '${keysFolder}/ssh-known-hosts' }
    ]
  : []

resource app 'Microsoft.App/containerApps@2024-03-01' = {
  name: name
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    environmentId: environment.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: {
        // Inside the environment only; every route but the health of the host asks for a key as well.
        external: false
        targetPort: 80
        allowInsecure: false
      }
      registries: empty(registryId) ? [] : [{ server: split(image, '/')[0], identity: identity.id }]
      secrets: secrets
    }
    template: {
      // As long as the platform allows for what an activity does when it is told to stop.
      terminationGracePeriodSeconds: 600
      scale: { minReplicas: 1, maxReplicas: 1 }
      containers: [
        {
          name: 'highwater'
          image: image
          resources: { cpu: json(cores), memory: memory }
          env: concat(
            [
              { name: 'AzureWebJobsStorage__accountName', value: hostStorage.name }
              { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
              { name: 'AzureWebJobsStorage__clientId', value: identity.properties.clientId }
              { name: 'FUNCTIONS_WORKER_RUNTIME', value: 'dotnet-isolated' }
              { name: 'POSTGRES_HOST', value: postgresHost }
              { name: 'POSTGRES_PORT', value: string(postgresPort) }
              { name: 'POSTGRES_DB', value: postgresDatabase }
              { name: 'POSTGRES_USER', value: postgresUser }
              { name: 'POSTGRES_PASSWORD_FILE', value: '${keysFolder}/postgres-password' }
              { name: 'BACKUP_SCHEDULE', value: backupSchedule }
              { name: 'BACKUP_RETENTION_COUNT', value: string(retentionCount) }
              { name: 'WAL_SYNC_SCHEDULE', value: walSyncSchedule }
              { name: 'WAL_SPOOL_PATH', value: spoolFolder }
              { name: 'LOCAL_BACKUP_PATH', value: repositoryFolder }
            ],
            remoteSettings
          )
          volumeMounts: [
            { volumeName: 'repository', mountPath: repositoryFolder }
            { volumeName: 'spool', mountPath: spoolFolder }
            { volumeName: 'keys', mountPath: keysFolder }
          ]
          probes: [
            {
              type: 'Liveness'
              httpGet: { path: '/admin/host/ping', port: 80 }
              initialDelaySeconds: 60
              periodSeconds: 30
              failureThreshold: 5
            }
          ]
        }
      ]
      volumes: [
        {
          name: 'repository'
          storageType: 'AzureFile'
          storageName: environment::repository.name
          // SMB knows no owners: these modes are for the container. Highwater takes no byte-range locks.
          mountOptions: 'dir_mode=0750,file_mode=0640,nobrl'
        }
        {
          name: 'spool'
          storageType: 'AzureFile'
          storageName: environment::spool.name
          mountOptions: 'dir_mode=0770,file_mode=0660,nobrl'
        }
        // Each secret is a file of its name: as a file a key never shows among environment variables.
        { name: 'keys', storageType: 'Secret' }
      ]
    }
  }
  dependsOn: [hostRoles, vaultRole, registryRole]
}

@description('Where the function app answers, inside its environment.')
output url string = 'https://${app.properties.configuration.ingress.fqdn}'

@description('The identity the app has; grant it what else it may reach.')
output principalId string = identity.properties.principalId

@description('The storage account with the file shares `repository` and `spool`.')
output fileStorageName string = fileStorage.name

@description('The vault with the secrets.')
output vaultName string = vault.name
