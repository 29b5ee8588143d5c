// Lets an identity pull images from a registry. A module of main.bicep, as the registry may be in another group.

@description('Name of the container registry, in the resource group this is deployed to.')
param registryName string

@description('Who may pull.')
param principalId string

@description('Id of the role AcrPull.')
param role string

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' existing = {
  name: registryName
}

resource pull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, principalId, role)
  scope: registry
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
  }
}
