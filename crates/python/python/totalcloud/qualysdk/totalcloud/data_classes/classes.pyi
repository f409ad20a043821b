"""The classes of all answers. Written by make_stubs.py."""

from datetime import datetime
from typing import Any, Dict, Optional, Tuple, Type

from ...base.base_class import BaseClass

__all__ = ["QID", "Evaluation", "Control", "AccountLevelControl", "AccountLevelEvaluation", "RemediationActivity", "Connector", "AWSConnector", "AzureConnector", "GCPConnector", "OCIConnector", "Resource", "AWSResource", "AzureResource", "AWSRDS", "AWSNetworkACL", "AWSBucket", "AWSIAMUser", "AWSVPC", "AWSSecurityGroup", "AWSLambdaFunction", "AWSSubnet", "AWSInternetGateway", "AWSLoadBalancer", "AWSEC2Instance", "AWSRouteTable", "AWSEBSVolume", "AWSAutoScalingGroup", "AWSEKSCluster", "AWSEKSNodeGroup", "AWSEKSFargateProfile", "AWSVPCEndpoint", "AWSVPCEndpointService", "AWSIAMGroup", "AWSIAMPolicy", "AWSIAMRole", "AWSSagemakerNotebook", "AWSCloudfrontDistribution", "AzureSQLServer", "AzureFunctionApp", "AzureSQLServerDatabase", "AzureResourceGroup", "AzureVirtualNetwork", "AzureVM", "AzureNetworkSecurityGroup", "AzureWebApp", "AzureNetworkInterface", "AzurePostgreSingleServer", "AzureLoadBalancer", "AzureFirewall", "AzureMySQL", "AzureStorageAccount", "AzureApplicationGateway", "AzureSecret", "AzureMariaDB", "AzureCosmoDB", "AzureNATGateway", "GCPVMInstance", "OCIInstance"]

CONNECTORS: Dict[str, Type[BaseClass]]
BASES: Dict[str, Type[BaseClass]]
KINDS: Dict[str, str]
RESOURCES: Dict[Tuple[str, str], Type[BaseClass]]

def class_of(provider: str, kind: str) -> Type[BaseClass]: ...


class QID(BaseClass):
    qid: Any
    patchAvailable: Any
    exploitability: Any
    severity: Optional[int]
    customerSeverity: Any
    lastFound: Optional[datetime]
    firstFound: Optional[datetime]
    port: Any
    protocol: Any
    category: Optional[str]
    hostOS: Any
    typeDetected: Any
    status: Optional[str]
    disabled: Optional[bool]
    ignored: Any
    def __int__(self) -> int: ...

class Evaluation(BaseClass):
    firstEvaluated: Optional[datetime]
    lastEvaluated: Optional[datetime]
    dateReopen: Optional[datetime]
    dateFixed: Optional[datetime]
    exceptionMetadata: Any
    dateReopened: Any

class Control(BaseClass):
    cid: Optional[int]
    controlName: Optional[str]
    created: Optional[datetime]
    modified: Optional[datetime]
    controlType: Optional[str]
    provider: Optional[str]
    isCustomizable: Optional[bool]
    serviceType: Optional[str]
    criticality: Optional[str]
    evaluation: Any
    evaluation_description: Optional[str]
    evaluation_passMessage: Any
    evaluation_failMessage: Any
    evaluation_criteria: Any
    specification: Optional[str]
    rationale: Optional[str]
    manualRemediation: Optional[str]
    references: Optional[str]
    buildTimeRemediation: Optional[str]
    resourceType: Optional[str]
    remediationEnabled: Any
    policyNames: Any
    executionType: Optional[str]
    workflowBased: Optional[bool]
    templateType: Any
    expectedResults: Any
    cliRemediation: Optional[str]
    category: Optional[str]
    service: Optional[str]
    def __int__(self) -> int: ...

class AccountLevelControl(BaseClass):
    controlName: Optional[str]
    controlId: Optional[int]
    policyNames: Any
    criticality: Optional[str]
    service: Optional[str]
    result: Any
    passedResources: Optional[int]
    failedResources: Optional[int]
    passWithExceptionResources: Optional[int]
    def __int__(self) -> int: ...

class AccountLevelEvaluation(BaseClass):
    resourceId: Optional[str]
    region: Optional[str]
    accountId: Optional[str]
    evaluatedOn: Optional[datetime]
    evidences: Any
    resourceType: Optional[str]
    connectorId: Any
    result: Any
    evaluationDates: Any

class RemediationActivity(BaseClass):
    resourceId: Optional[str]
    controlId: Any
    cloudType: Optional[str]
    accountId: Optional[str]
    region: Optional[str]
    status: Optional[str]
    resourceType: Optional[str]
    remediationAction: Optional[str]
    connectorName: Optional[str]
    policyNames: Any
    controlName: Optional[str]
    triggeredOn: Optional[datetime]
    Errors: Any
    triggeredBy: Optional[str]
    remediationReason: Optional[str]
    policyName: Optional[str]
    errors: Any

class Connector(BaseClass):
    name: Optional[str]
    connectorId: Any
    description: Optional[str]
    provider: Optional[str]
    state: Optional[str]
    totalAssets: Optional[int]
    lastSyncedOn: Optional[datetime]
    nextSyncedOn: Optional[datetime]
    remediationEnabled: Any
    qualysTags: Any
    isGovCloud: Optional[bool]
    isChinaRegion: Optional[bool]
    accountAlias: Optional[str]
    isDisabled: Optional[bool]
    pollingFrequency: Any
    error: Optional[str]
    externalId: Optional[str]
    portalConnectorUuid: Optional[str]
    isPortalConnector: Optional[bool]
    groups: Any

class AWSConnector(Connector):
    awsAccountId: Optional[str]
    baseAccountId: Optional[str]
    arn: Optional[str]

class AzureConnector(Connector):
    subscriptionId: Optional[str]
    tenantId: Optional[str]
    applicationId: Optional[str]
    subscriptionName: Optional[str]
    directoryId: Optional[str]

class GCPConnector(Connector):
    projectId: Optional[str]

class OCIConnector(Connector):
    tenantId: Optional[str]
    id: Any
    connectorUuid: Optional[str]
    uuid: Optional[str]

class Resource(BaseClass):
    ...

class AWSResource(Resource):
    resourceId: Optional[str]
    name: Optional[str]
    connectorUuids: Any
    created: Optional[datetime]
    cloudAccountId: Optional[str]
    additionalDetails: Any
    uuid: Optional[str]
    connectorUuid: Optional[str]
    createdOn: Optional[datetime]
    tags: Any
    remediationEnabled: Optional[bool]
    lastUpdated: Optional[datetime]
    cloudType: Optional[str]
    region: Optional[str]
    resourceType: Optional[str]
    accountAlias: Optional[str]
    controlsFailed: Optional[int]
    qualysTags: Any
    isSnapshotScanEnabled: Optional[bool]

class AzureResource(Resource):
    resourceId: Optional[str]
    name: Optional[str]
    connectorUuids: Any
    created: Optional[datetime]
    subscriptionName: Optional[str]
    subscriptionId: Optional[str]
    uuid: Optional[str]
    connectorUuid: Optional[str]
    tags: Any
    remediationEnabled: Optional[bool]
    updated: Optional[datetime]
    additionalDetails: Any
    cloudType: Optional[str]
    region: Optional[str]
    resourceType: Optional[str]
    controlsFailed: Optional[int]
    qualysTags: Any
    customerId: Any
    customers: Any
    resourceGroupName: Optional[str]
    scanUuid: Optional[str]
    _type: Optional[str]

class AWSRDS(AWSResource):
    subnetId: Any
    subnetGroup: Any
    subnetGroup_dbSubnetGroupStatus: Any
    subnetGroup_dbSubnetGroupName: Any
    subnetGroup_dbSubnetVpcId: Any
    subnetGroup_subnetList: Any
    subnetGroup_dbsubnetGroupArn: Any
    dbName: Optional[str]
    availabilityZone: Any
    securityGroupId: Any
    dbClusterIdentifier: Optional[str]
    caCertificateIdentifier: Optional[str]
    engineVersion: Optional[str]
    masterUsername: Optional[str]
    dbInstanceIdentifier: Optional[str]
    dbSecurityGroupList: Any
    backupRetentionPeriod: Optional[int]
    kmsKeyId: Optional[str]
    status: Optional[str]
    latestRestorableTime: Optional[datetime]
    dbInstancePort: Optional[int]
    enhancedMonitoringEnabled: Optional[bool]
    dbiResourceId: Optional[str]
    preferredBackupWindow: Optional[str]
    endpoint: Any
    endpoint_hostedZoneId: Any
    endpoint_address: Any
    endpoint_port: Any
    engine: Optional[str]
    publiclyAccessible: Optional[bool]
    arn: Optional[str]
    instanceCreatedTime: Optional[datetime]
    multiAZ: Optional[bool]
    instanceClass: Optional[str]
    encrypted: Optional[bool]
    iamDatabaseAuthenticationEnabled: Optional[bool]
    licenseModel: Optional[str]
    preferredMaintenanceWindow: Optional[str]
    storageType: Optional[str]

class AWSNetworkACL(AWSResource):
    associations: Any
    ipPermissionEgressList: Any
    ipPermissionList: Any
    isDefault: Optional[bool]
    vpcId: Optional[str]
    networkAclId: Optional[str]

class AWSBucket(AWSResource):
    bucketName: Optional[str]
    bucketCreationDateStr: Optional[datetime]
    s3GrantList: Any
    ownerName: Optional[str]
    bucketPolicy: Optional[str]
    bucketOwnerId: Optional[str]

class AWSIAMUser(AWSResource):
    userPolicies: Any
    userAttachedPolicies: Any
    userDto: Any
    userDto_accessKey2Active: Optional[bool]
    userDto_cert2LastRotated: Optional[datetime]
    userDto_cert2Active: Optional[bool]
    userDto_accessKey2LastRotated: Optional[datetime]
    userDto_path: Any
    userDto_accessKeys: Any
    userDto_passwordLastUsed: Optional[datetime]
    userDto_passwordNextRotation: Optional[datetime]
    userDto_accessKey1LastUsedRegion: Any
    userDto_arn: Any
    userDto_userCreationTime: Optional[datetime]
    userDto_accessKey1LastRotated: Optional[datetime]
    userDto_cert1Active: Optional[bool]
    userDto_mfaActive: Optional[bool]
    userDto_accessKey2LastUsedService: Any
    userDto_passwordEnabled: Optional[bool]
    userDto_accessKey1Active: Optional[bool]
    userDto_accessKey1LastUsed: Optional[datetime]
    userDto_accessKey2LastUsed: Optional[datetime]
    userDto_userId: Any
    userDto_createdDate: Optional[datetime]
    userDto_passwordLastChanged: Optional[datetime]
    userDto_cert1LastRotated: Optional[datetime]
    userDto_accessKey1LastUsedService: Any
    userDto_accessKey2LastUsedRegion: Any
    userDto_username: Any
    userGroups: Any
    classifications: Any
    userInlinePolicies: Any
    user: Optional[str]

class AWSVPC(AWSResource):
    instanceTenancy: Optional[str]
    cidrBlock: Optional[str]
    isDefault: Optional[bool]
    vpcId: Optional[str]
    ipv6CidrBlockAssociationSet: Any

class AWSSecurityGroup(AWSResource):
    groupId: Optional[str]
    description: Optional[str]
    vulnerable: Optional[bool]
    vpcId: Optional[str]
    ipPermissionList: Any
    ipPermissionEgressList: Any
    groupName: Optional[str]

class AWSLambdaFunction(AWSResource):
    associations: Any
    handler: Optional[str]
    rawFunctionPolicy: Optional[str]
    masterArn: Optional[str]
    aliases: Any
    assumeRolePolicyDocument: Optional[str]
    kmsKeyArn: Optional[str]
    tracingConfig: Optional[str]
    description: Optional[str]
    inlinePolicies: Any
    codeSize: Optional[int]
    timeout: Optional[int]
    codeSha256: Optional[str]
    roleArn: Optional[str]
    vpcId: Optional[str]
    layers: Any
    functionArn: Optional[str]
    functionVersions: Any
    functionName: Optional[str]
    runtime: Optional[str]
    functionUrlConfigs: Any
    revisionId: Optional[str]
    classifications: Any
    managedPolicies: Any
    memorySize: Optional[int]
    eventSourceMappings: Any
    roleName: Optional[str]
    lastModified: Optional[datetime]
    version: Optional[str]

class AWSSubnet(AWSResource):
    subnetId: Any
    availabilityZone: Any
    assignIpv6AddressOnCreation: Optional[bool]
    vpcId: Optional[str]
    ipv6CidrBlockAssociationSet: Any
    cidrBlock: Optional[str]
    availableIpAddressCount: Optional[int]
    mapPublicIpOnLaunch: Optional[bool]
    defaultForAz: Optional[bool]

class AWSInternetGateway(AWSResource):
    attachments: Any
    internetGatewayId: Optional[str]

class AWSLoadBalancer(AWSResource):
    loadBalancerArn: Optional[str]
    scheme: Optional[str]
    instances: Any
    subnetAvailabilityZonePair: Any
    dnsName: Optional[str]
    availabilityZones: Any
    _type: Optional[str]
    loadBalancerName: Optional[str]
    createdTime: Optional[datetime]
    subnets: Any
    state: Optional[str]
    listeners: Any
    ipAddressType: Optional[str]
    vpcid: Optional[str]
    securityGroups: Any

class AWSEC2Instance(AWSResource):
    subnetId: Any
    arsScore: Optional[int]
    availabilityZone: Any
    instanceId: Optional[str]
    instanceState: Optional[str]
    networkInterfaceAddresses: Any
    vulnerabilityStats: Any
    vulnerabilityStats_severity_1: Any
    vulnerabilityStats_severity_2: Any
    vulnerabilityStats_severity_3: Any
    vulnerabilityStats_severity_4: Any
    vulnerabilityStats_severity_5: Any
    vulnerabilityStats_typeDetected_Confirmed: Any
    vulnerabilityStats_typeDetected_Potential: Any
    vulnerabilityStats_typeDetected_Informational: Any
    vulnerabilityStats_typeDetected_totalVulnerability: Any
    vpcId: Optional[str]
    events: Any
    iamInstanceProfileRoleDetails: Any
    iamInstanceProfileRoleDetails_profileName: Any
    iamInstanceProfileRoleDetails_profileArn: Any
    iamInstanceProfileRoleDetails_roleArn: Any
    iamInstanceProfileRoleDetails_roleName: Any
    imageId: Optional[str]
    publicIpAddress: Optional[str]
    instanceType: Optional[str]
    ipAddress: Optional[str]
    publicDnsName: Optional[str]
    instanceStatus: Optional[str]
    iamInstanceProfile: Any
    iamInstanceProfile_name: Any
    iamInstanceProfile_id: Any
    iamInstanceProfile_arn: Any
    privateIpAddress: Optional[str]
    launchTime: Optional[datetime]
    classifications: Any
    spotInstanceRequestId: Optional[str]
    elasticIpAddress: Optional[str]
    secondaryPrivateIpAddress: Optional[str]
    securityGroups: Any
    privateDnsName: Optional[str]
    criticalityScore: Optional[int]
    vulnerabilities: Any
    sev3Sev4Sev5VulnCount: Optional[int]
    hasSecrets: Optional[bool]
    secretStats: Any
    secrets: Any

class AWSRouteTable(AWSResource):
    associations: Any
    routeDtos: Any
    routes: Any
    vpcId: Optional[str]
    routeTableId: Optional[str]

class AWSEBSVolume(AWSResource):
    volumeType: Optional[str]
    attachments: Any
    availabilityZone: Any
    volumeId: Optional[str]
    iops: Optional[int]
    state: Optional[str]
    snapshotId: Optional[str]
    encrypted: Any
    size: Any
    createTime: Optional[datetime]
    kmsKeyId: Optional[str]

class AWSAutoScalingGroup(AWSResource):
    healthCheckType: Optional[str]
    instances: Any
    autoScalingGroupARN: Optional[str]
    availabilityZones: Any
    launchConfigurationName: Optional[str]
    autoScalingGroupName: Optional[str]
    createdTime: Optional[datetime]
    loadBalancerNames: Any

class AWSEKSCluster(AWSResource):
    connectorId: Any
    customerId: Any
    scanId: Optional[str]
    displayName: Optional[str]
    associations: Any
    associations_resourcesVpcConfig_clusterSecurityGroupId: Any
    associations_resourcesVpcConfig_securityGroupIds: Any
    associations_resourcesVpcConfig_vpcId: Any
    associations_resourcesVpcConfig_subnetIds: Any
    version: Optional[float]
    endpoint: Any
    resourcesVpcConfig: Any
    resourcesVpcConfig_endpointPrivateAccess: Any
    resourcesVpcConfig_endpointPublicAccess: Any
    roleArn: Optional[str]
    identity: Any
    identity_oidc_issuer: Any
    platformVersion: Optional[str]
    roleName: Optional[str]
    logging: Any
    logging_clusterLogging: Any
    arn: Optional[str]
    status: Optional[str]
    assiciations_resourcesVpcConfig_securityGroupIds: Any
    resporcesVpcConfig_endpointPublicAccess: Any

class AWSEKSNodeGroup(AWSResource):
    connectorId: Any
    customerId: Any
    scanId: Optional[str]
    displayName: Optional[str]
    associations: Any
    associations_clusterArn: Any
    associations_clusterName: Any
    associations_subnets: Any
    associations_resources_autoScalingGroups: Any
    nodeRoleName: Optional[str]
    scalingConfig: Any
    scalingConfig_maxSize: Optional[int]
    scalingConfig_desiredSize: Optional[int]
    scalingConfig_minSize: Optional[int]
    capacityType: Optional[str]
    instanceTypes: Any
    releaseVersion: Optional[str]
    version: Optional[str]
    labels: Any
    diskSize: Optional[int]
    nodeRole: Optional[str]
    launchTemplate: Any
    launchTemplate_name: Any
    launchTemplate_id: Any
    launchTemplate_version: Any
    amiType: Optional[str]
    status: Optional[str]
    health: Any

class AWSEKSFargateProfile(AWSResource):
    connectorId: Any
    customerId: Any
    scanId: Optional[str]
    displayName: Optional[str]
    associations: Any
    associations_clusterArn: Any
    associations_clusterName: Any
    associations_subnets: Any
    podExecutionRoleArn: Optional[str]
    selectors: Any
    podExecutionRoleName: Optional[str]
    status: Optional[str]

class AWSVPCEndpoint(AWSResource):
    connectorId: Any
    customerId: Any
    scanId: Optional[str]
    displayName: Optional[str]
    policyDocument: Any
    dnsOption: Optional[str]
    serviceName: Optional[str]
    securityGroupSet: Any
    privateDnsEnabled: Optional[bool]
    requesterManaged: Optional[bool]
    ipAddressType: Optional[str]
    routeTableIds: Any
    vpcEndpointType: Optional[str]
    vpcId: Optional[str]
    state: Optional[str]
    dnsEntrySets: Any
    networkInterfaceIds: Any
    subnetIds: Any

class AWSVPCEndpointService(AWSResource):
    connectorId: Any
    customerId: Any
    scanId: Optional[str]
    displayName: Optional[str]
    owner: Optional[str]
    acceptanceRequired: Optional[bool]
    managesVpcEndpoints: Optional[bool]
    availabilityZone: Any
    baseEndpointDnsName: Any
    supportedIpAddressType: Optional[str]
    serviceTypes: Optional[str]
    privateDnsName: Optional[str]
    privateDnsNameVerificationState: Optional[str]
    vpcEndpointPolicySupported: Optional[bool]

class AWSIAMGroup(AWSResource):
    connectorId: Any
    customerId: Any
    scanId: Optional[str]
    displayName: Optional[str]
    classifications: Any
    groupId: Optional[str]
    GroupPolicyList: Any
    AttachedManagedPolicies: Any
    arn: Optional[str]

class AWSIAMPolicy(AWSResource):
    connectorId: Any
    customerId: Any
    scanId: Optional[str]
    displayName: Optional[str]
    IsAttachable: Optional[bool]
    PermissionsBoundaryUsageCount: Optional[int]
    AttachmentCount: Optional[int]
    DefaultVersionId: Optional[str]
    defaultPolicyVersion: Any
    defaultPolicyVersion_VersionId: Any
    defaultPolicyVersion_IsDefaultVersion: Any
    defaultPolicyVersion_Document_Version: Any
    defaultPolicyVersion_Document_Statement: Any
    defaultPolicyVersion_CreateDate: Optional[datetime]
    _type: Optional[str]
    path: Optional[str]
    classifications: Any
    policyId: Optional[str]
    arn: Optional[str]

class AWSIAMRole(AWSResource):
    connectorId: Any
    customerId: Any
    scanId: Optional[str]
    displayName: Optional[str]
    AttachedManagedPolicies: Any
    RoleLastUsed: Any
    arn: Optional[str]
    roleId: Optional[str]
    PermissionsBoundary: Any
    PermissionsBoundary_PermissionsBoundaryArn: Any
    PermissionsBoundary_PermissionsBoundaryType: Any
    path: Optional[str]
    classifications: Any
    AssumeRolePolicyDocument: Any
    AssumeRolePolicyDocument_Version: Any
    AssumeRolePolicyDocument_Statement: Any
    trustedEntities: Any
    RolePolicyList: Any
    InstanceProfileList: Any

class AWSSagemakerNotebook(AWSResource):
    connectorId: Any
    customerId: Any
    scanId: Optional[str]
    displayName: Optional[str]
    subnetId: Any
    networkInterfaceId: Optional[str]
    volumeSizeInGB: Optional[float]
    rootAccess: Any
    instanceType: Optional[str]
    platformId: Optional[str]
    url: Optional[str]
    directInternetAccess: Optional[str]
    roleArn: Optional[str]
    securityGroups: Any
    status: Optional[str]
    defaultCodeRepository: Optional[str]
    kmsKeyId: Optional[str]

class AWSCloudfrontDistribution(AWSResource):
    connectorId: Any
    customerId: Any
    scanId: Optional[str]
    displayName: Optional[str]
    defaultCacheBehavior: Any
    defaultCacheBehavior_Compress: Any
    defaultCacheBehavior_FunctionAssociations_Quantity: Any
    defaultCacheBehavior_FunctionAssociations_Items: Any
    defaultCacheBehavior_LambdaFunctionAssociations_Quantity: Any
    defaultCacheBehavior_LambdaFunctionAssociations_Items: Any
    defaultCacheBehavior_TargetOriginId: Any
    defaultCacheBehavior_ViewerProtocolPolicy: Any
    defaultCacheBehavior_TrustedSigners_Enabled: Any
    defaultCacheBehavior_TrustedSigners_Quantity: Any
    defaultCacheBehavior_FieldLevelEncryptionId: Any
    defaultCacheBehavior_DefaultTTL: Any
    defaultCacheBehavior_TrustedKeyGroups_Enabled: Any
    defaultCacheBehavior_TrustedKeyGroups_Quantity: Any
    defaultCacheBehavior_AllowedMethods_CachedMethods_Quantity: Any
    defaultCacheBehavior_AllowedMethods_CachedMethods_Items: Any
    defaultCacheBehavior_AllowedMethods_Items_Method: Any
    defaultCacheBehavior_SmoothStreaming: Any
    defaultCacheBehavior_MinTTL: Any
    defaultCacheBehavior_MaxTTL: Any
    loggingEnabled: Optional[bool]
    isIpv6Enabled: Optional[bool]
    includeCookies: Optional[bool]
    geoRestriction: Any
    geoRestriction_RestrictionType: Any
    geoRestriction_Quantity: Any
    enabled: Optional[bool]
    webAclId: Optional[str]
    minimumProtocolVersion: Optional[str]
    httpVersion: Optional[str]
    priceClass: Optional[str]
    loggingBucket: Optional[str]
    origins: Any
    comment: Optional[str]
    id: Any
    arn: Optional[str]
    staging: Optional[bool]
    status: Optional[str]
    loggingBucketPrefix: Optional[str]
    acmCertificateARN: Optional[str]

class AzureSQLServer(AzureResource):
    ...

class AzureFunctionApp(AzureResource):
    ...

class AzureSQLServerDatabase(AzureResource):
    ...

class AzureResourceGroup(AzureResource):
    ...

class AzureVirtualNetwork(AzureResource):
    ...

class AzureVM(AzureResource):
    arsScore: Optional[int]
    vulnerabilityStats: Any
    computerName: Optional[str]
    primaryPrivateIPAddress: Optional[str]
    primaryPublicIPAddress: Optional[str]
    primaryPublicIPAddressId: Optional[str]
    statuses: Any
    criticalityScore: Optional[int]
    availabilitySetId: Optional[str]
    provisioningState: Optional[str]
    licenseType: Optional[str]
    size: Any
    osType: Optional[str]
    networkSecurityGroupId: Optional[str]
    imageData: Any
    vulnerabilities: Any

class AzureNetworkSecurityGroup(AzureResource):
    ...

class AzureWebApp(AzureResource):
    redundancyMode: Optional[str]
    repositorySiteName: Optional[str]
    enabled: Optional[bool]
    enabledHosts: Any
    clientCertEnabled: Optional[bool]
    subKinds: Any
    usageState: Optional[str]
    isDefaultContainer: Optional[bool]
    appServicePlan: Any
    deploymentId: Optional[str]
    httpsonly: Optional[bool]
    clientAffinityEnabled: Optional[bool]
    state: Optional[str]
    key: Optional[str]
    defaultHostName: Optional[str]
    availabilityState: Optional[str]
    kind: Optional[str]

class AzureNetworkInterface(AzureResource):
    ...

class AzurePostgreSingleServer(AzureResource):
    ...

class AzureLoadBalancer(AzureResource):
    ...

class AzureFirewall(AzureResource):
    ...

class AzureMySQL(AzureResource):
    ...

class AzureStorageAccount(AzureResource):
    displayName: Optional[str]
    connectorId: Any
    scanId: Optional[str]
    skuTier: Optional[str]
    resourceIdentity: Any
    resourceIdentity_type: Any
    minimumTlsVersion: Optional[str]
    kind: Optional[str]
    firstDiscoveredOn: Optional[datetime]
    lastDiscoveredOn: Optional[datetime]
    skuName: Optional[str]
    file: Any
    file_lastEnabledTime: Optional[datetime]
    file_keyType: Any
    file_enabled: Any
    blob: Any
    blob_lastEnabledTime: Optional[datetime]
    blob_keyType: Any
    blob_enabled: Any
    primaryLocation: Optional[str]
    secondaryLocation: Optional[str]
    hnsEnabled: Optional[bool]
    resourceGroupId: Optional[str]
    supportsHttpsTrafficOnly: Optional[bool]
    statusOfPrimary: Optional[str]
    statusOfSecondary: Optional[str]
    location: Optional[str]
    networkAcls: Any
    networkAcls_bypass: Any
    networkAcls_defaultAction: Any
    networkAcls_ipRules: Any
    networkAcls_virtualNetworkRules: Any

class AzureApplicationGateway(AzureResource):
    ...

class AzureSecret(AzureResource):
    ...

class AzureMariaDB(AzureResource):
    ...

class AzureCosmoDB(AzureResource):
    ...

class AzureNATGateway(AzureResource):
    ...

class GCPVMInstance(Resource):
    resourceId: Optional[str]
    name: Optional[str]
    uuid: Optional[str]
    connectorUuid: Optional[str]
    connectorUuids: Any
    cloudType: Optional[str]
    projectId: Optional[str]
    region: Optional[str]
    resourceType: Optional[str]
    created: Optional[datetime]
    createdOn: Optional[datetime]
    lastUpdated: Optional[datetime]
    tags: Any
    qualysTags: Any
    remediationEnabled: Optional[bool]
    controlsFailed: Optional[int]
    additionalDetails: Any
    externalIpAddress: Optional[str]

class OCIInstance(Resource):
    resourceId: Optional[str]
    name: Optional[str]
    uuid: Optional[str]
    connectorUuid: Optional[str]
    connectorUuids: Any
    cloudType: Optional[str]
    tenantId: Optional[str]
    compartmentId: Optional[str]
    region: Optional[str]
    resourceType: Optional[str]
    created: Optional[datetime]
    createdOn: Optional[datetime]
    lastUpdated: Optional[datetime]
    tags: Any
    qualysTags: Any
    remediationEnabled: Optional[bool]
    controlsFailed: Optional[int]
    additionalDetails: Any
    vnicDto: Any
