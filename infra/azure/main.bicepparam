// A sample: copy it, fill it in, and give the secrets by the environment, so that no file holds them.
using './main.bicep'

param image = 'example.azurecr.io/highwater-functions:0.1.0'
param registryId = ''
param postgresHost = 'db.example.org'
param postgresPassword = readEnvironmentVariable('POSTGRES_PASSWORD')
param remoteHost = 'backup.example.org'
param remoteKey = readEnvironmentVariable('REMOTE_BACKUP_KEY')
param remoteKnownHosts = readEnvironmentVariable('REMOTE_BACKUP_KNOWN_HOSTS_LINE')
