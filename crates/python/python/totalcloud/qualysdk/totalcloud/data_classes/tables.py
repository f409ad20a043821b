"""The attributes of the classes whose names and attributes users of the older package know.

What the registry of resource types knows besides is added behind them when the classes are made.
"""

from __future__ import annotations

from typing import Dict, NamedTuple

AWS_BASE = """
resourceId name connectorUuids:list created:time cloudAccountId:account additionalDetails:text uuid connectorUuid
createdOn:time tags:tags remediationEnabled:bool lastUpdated:time cloudType region resourceType accountAlias
controlsFailed qualysTags:tagNames isSnapshotScanEnabled
"""

AZURE_BASE = """
resourceId name connectorUuids created:time subscriptionName subscriptionId uuid connectorUuid tags
remediationEnabled:bool updated:time additionalDetails cloudType region resourceType controlsFailed qualysTags
customerId customers resourceGroupName scanUuid _type=type
"""

NEWER = "connectorId customerId scanId displayName "

PERMISSIONS = "ipPermissionEgressList:permissions ipPermissionList:permissions "


class Class(NamedTuple):
    """A class of a resource type."""

    name: str
    table: str = ""


AWS: Dict[str, Class] = {
    "RDS": Class(
        "AWSRDS",
        """subnetId:list subnetGroup>(dbSubnetGroupStatus dbSubnetGroupName dbSubnetVpcId subnetList:subnets
        dbsubnetGroupArn) dbName availabilityZone securityGroupId:list dbClusterIdentifier caCertificateIdentifier
        engineVersion masterUsername dbInstanceIdentifier dbSecurityGroupList:list backupRetentionPeriod kmsKeyId status
        latestRestorableTime:time dbInstancePort enhancedMonitoringEnabled:bool dbiResourceId preferredBackupWindow
        endpoint>(hostedZoneId address port) engine publiclyAccessible:bool arn instanceCreatedTime:time multiAZ:bool
        instanceClass encrypted:bool iamDatabaseAuthenticationEnabled:bool licenseModel preferredMaintenanceWindow
        storageType""",
    ),
    "NETWORK_ACL": Class(
        "AWSNetworkACL", "associations:naclAssociations " + PERMISSIONS + "isDefault:bool vpcId networkAclId"
    ),
    "BUCKET": Class(
        "AWSBucket", "bucketName bucketCreationDateStr:time s3GrantList:grants ownerName bucketPolicy bucketOwnerId"
    ),
    "IAM_USER": Class(
        "AWSIAMUser",
        """userPolicies:list userAttachedPolicies:attachedPolicies userDto>(accessKey2Active:bool cert2LastRotated:ms
        cert2Active:bool accessKey2LastRotated:ms path accessKeys:accessKeys passwordLastUsed:ms passwordNextRotation:ms
        accessKey1LastUsedRegion arn userCreationTime:ms accessKey1LastRotated:ms cert1Active:bool mfaActive:bool
        accessKey2LastUsedService passwordEnabled:bool accessKey1Active:bool accessKey1LastUsed:ms accessKey2LastUsed:ms
        userId createdDate:ms passwordLastChanged:ms cert1LastRotated:ms accessKey1LastUsedService
        accessKey2LastUsedRegion username) userGroups:userGroups classifications:list userInlinePolicies:inlinePolicies
        user""",
    ),
    "VPC": Class("AWSVPC", "instanceTenancy cidrBlock isDefault:bool vpcId ipv6CidrBlockAssociationSet:ipv6"),
    "VPC_SECURITY_GROUP": Class(
        "AWSSecurityGroup",
        """groupId description vulnerable:bool vpcId ipPermissionList:permissions ipPermissionEgressList:permissions
        groupName""",
    ),
    "LAMBDA": Class(
        "AWSLambdaFunction",
        """associations handler rawFunctionPolicy masterArn aliases:aliases assumeRolePolicyDocument kmsKeyArn
        tracingConfig description inlinePolicies:inlineDocuments codeSize timeout codeSha256 roleArn vpcId layers:layers
        functionArn functionVersions:functionVersions functionName runtime functionUrlConfigs:functionUrls revisionId
        classifications:list managedPolicies:managedPolicies memorySize eventSourceMappings:mappings roleName
        lastModified:time version""",
    ),
    "SUBNET": Class(
        "AWSSubnet",
        """subnetId availabilityZone assignIpv6AddressOnCreation vpcId ipv6CidrBlockAssociationSet:pairs cidrBlock
        availableIpAddressCount mapPublicIpOnLaunch defaultForAz""",
    ),
    "INTERNET_GATEWAY": Class("AWSInternetGateway", "attachments:pairs internetGatewayId"),
    "LOAD_BALANCER": Class(
        "AWSLoadBalancer",
        """loadBalancerArn scheme instances:list subnetAvailabilityZonePair:list dnsName availabilityZones:list
        _type=type loadBalancerName createdTime:time subnets:list state listeners:pairs ipAddressType vpcid
        securityGroups:list""",
    ),
    "EC2_INSTANCE": Class(
        "AWSEC2Instance",
        """subnetId arsScore availabilityZone instanceId instanceState networkInterfaceAddresses:pairs
        vulnerabilityStats>(severity/1?0 severity/2?0 severity/3?0 severity/4?0 severity/5?0 typeDetected/Confirmed?0
        typeDetected/Potential?0 typeDetected/Informational?0 typeDetected_totalVulnerability@totalVulnerability?0)
        vpcId events:list iamInstanceProfileRoleDetails>(profileName profileArn roleArn roleName) imageId publicIpAddress
        instanceType ipAddress publicDnsName instanceStatus iamInstanceProfile>(name id arn) privateIpAddress
        launchTime:time classifications:list spotInstanceRequestId elasticIpAddress secondaryPrivateIpAddress
        securityGroups:pairs privateDnsName criticalityScore vulnerabilities:qids sev3Sev4Sev5VulnCount""",
    ),
    "ROUTE_TABLE": Class("AWSRouteTable", "associations:pairs routeDtos:pairs routes:pairs vpcId routeTableId"),
    "EBS": Class(
        "AWSEBSVolume",
        """volumeType attachments:pairs availabilityZone volumeId iops state snapshotId encrypted size createTime:time
        kmsKeyId""",
    ),
    "AUTO_SCALING_GROUP": Class(
        "AWSAutoScalingGroup",
        """healthCheckType instances:list autoScalingGroupARN availabilityZones:list launchConfigurationName
        autoScalingGroupName createdTime:time loadBalancerNames:list""",
    ),
    "EKS_CLUSTER": Class(
        "AWSEKSCluster",
        NEWER
        + """associations>(resourcesVpcConfig/clusterSecurityGroupId resourcesVpcConfig/securityGroupIds:list
        resourcesVpcConfig/vpcId resourcesVpcConfig/subnetIds:list) version:version endpoint
        resourcesVpcConfig>(endpointPrivateAccess endpointPublicAccess) roleArn identity>(oidc/issuer) platformVersion
        roleName logging>(clusterLogging:logTypes) arn status""",
    ),
    "EKS_NODEGROUP": Class(
        "AWSEKSNodeGroup",
        NEWER
        + """associations>(clusterArn clusterName subnets:list resources/autoScalingGroups:names) nodeRoleName
        scalingConfig>(maxSize:int desiredSize:int minSize:int) capacityType instanceTypes releaseVersion version labels
        diskSize nodeRole launchTemplate>(name id version) amiType status health""",
    ),
    "EKS_FARGATE_PROFILE": Class(
        "AWSEKSFargateProfile",
        NEWER
        + """associations>(clusterArn clusterName subnets:list) podExecutionRoleArn selectors:selectors
        podExecutionRoleName status""",
    ),
    "VPC_ENDPOINT": Class(
        "AWSVPCEndpoint",
        NEWER
        + """policyDocument:statements dnsOption serviceName securityGroupSet:groupSet privateDnsEnabled:bool
        requesterManaged ipAddressType routeTableIds:list vpcEndpointType vpcId state dnsEntrySets:dnsEntries
        networkInterfaceIds:list subnetIds:list""",
    ),
    "VPC_ENDPOINT_SERVICE": Class(
        "AWSVPCEndpointService",
        NEWER
        + """owner acceptanceRequired managesVpcEndpoints availabilityZone:list baseEndpointDnsName:list
        supportedIpAddressType serviceTypes privateDnsName privateDnsNameVerificationState vpcEndpointPolicySupported""",
    ),
    "IAM_GROUP": Class(
        "AWSIAMGroup",
        NEWER + "classifications:list groupId GroupPolicyList:groupPolicies AttachedManagedPolicies:managed arn",
    ),
    "IAM_POLICY": Class(
        "AWSIAMPolicy",
        NEWER
        + """IsAttachable PermissionsBoundaryUsageCount AttachmentCount DefaultVersionId
        defaultPolicyVersion>(VersionId IsDefaultVersion Document/Version Document/Statement:policyStatements
        CreateDate:sec) _type=type path classifications:list policyId arn""",
    ),
    "IAM_ROLE": Class(
        "AWSIAMRole",
        NEWER
        + """AttachedManagedPolicies:managed RoleLastUsed arn roleId
        PermissionsBoundary>(PermissionsBoundaryArn PermissionsBoundaryType) path classifications:list
        AssumeRolePolicyDocument>(Version Statement:trustStatements) trustedEntities:trusted RolePolicyList:rolePolicies
        InstanceProfileList:instanceProfiles""",
    ),
    "SAGEMAKER_NOTEBOOK": Class(
        "AWSSagemakerNotebook",
        NEWER
        + """subnetId networkInterfaceId volumeSizeInGB rootAccess instanceType platformId url directInternetAccess
        roleArn securityGroups:list status defaultCodeRepository kmsKeyId""",
    ),
    "CLOUDFRONT_DISTRIBUTION": Class(
        "AWSCloudfrontDistribution",
        NEWER
        + """defaultCacheBehavior>(Compress FunctionAssociations/Quantity FunctionAssociations/Items
        LambdaFunctionAssociations/Quantity LambdaFunctionAssociations/Items TargetOriginId ViewerProtocolPolicy
        TrustedSigners/Enabled TrustedSigners/Quantity FieldLevelEncryptionId DefaultTTL TrustedKeyGroups/Enabled
        TrustedKeyGroups/Quantity AllowedMethods/CachedMethods/Quantity
        AllowedMethods_CachedMethods_Items@AllowedMethods/CachedMethods/Items/Method AllowedMethods/Items/Method
        SmoothStreaming MinTTL MaxTTL) loggingEnabled isIpv6Enabled includeCookies
        geoRestriction>(RestrictionType Quantity) enabled webAclId minimumProtocolVersion httpVersion priceClass
        loggingBucket origins:origins comment id arn staging status loggingBucketPrefix acmCertificateARN""",
    ),
}

AZURE: Dict[str, Class] = {
    "VIRTUAL_MACHINE": Class(
        "AzureVM",
        """arsScore vulnerabilityStats computerName primaryPrivateIPAddress primaryPublicIPAddress
        primaryPublicIPAddressId statuses:statuses criticalityScore availabilitySetId provisioningState licenseType size
        osType networkSecurityGroupId imageData:images""",
    ),
    "WEB_APP": Class(
        "AzureWebApp",
        """redundancyMode repositorySiteName enabled enabledHosts:list clientCertEnabled subKinds:list usageState
        isDefaultContainer appServicePlan deploymentId httpsonly clientAffinityEnabled state key defaultHostName
        availabilityState kind""",
    ),
    "STORAGE_ACCOUNT": Class(
        "AzureStorageAccount",
        """displayName connectorId scanId skuTier resourceIdentity>(type) minimumTlsVersion kind firstDiscoveredOn:time
        lastDiscoveredOn:time skuName file>(lastEnabledTime:time keyType enabled) blob>(lastEnabledTime:time keyType
        enabled) primaryLocation secondaryLocation hnsEnabled:bool resourceGroupId supportsHttpsTrafficOnly
        statusOfPrimary statusOfSecondary location networkAcls>(bypass defaultAction ipRules:ipRules
        virtualNetworkRules:list)""",
    ),
    # The older package has no classes for these; their attributes are those of the registry.
    "SQL_SERVER": Class("AzureSQLServer"),
    "FUNCTION_APP": Class("AzureFunctionApp"),
    "SQL_SERVER_DATABASE": Class("AzureSQLServerDatabase"),
    "RESOURCE_GROUP": Class("AzureResourceGroup"),
    "VIRTUAL_NETWORK": Class("AzureVirtualNetwork"),
    "NETWORK_SECURITY_GROUP": Class("AzureNetworkSecurityGroup"),
    "NETWORK_INTERFACES": Class("AzureNetworkInterface"),
    "POSTGRE_SINGLE_SERVER": Class("AzurePostgreSingleServer"),
    "LOAD_BALANCER": Class("AzureLoadBalancer"),
    "FIREWALL": Class("AzureFirewall"),
    "MYSQL": Class("AzureMySQL"),
    "APPLICATION_GATEWAYS": Class("AzureApplicationGateway"),
    "SECRETS": Class("AzureSecret"),
    "MARIADB": Class("AzureMariaDB"),
    "COSMODB": Class("AzureCosmoDB"),
    "NAT_GATEWAYS": Class("AzureNATGateway"),
}

GCP: Dict[str, Class] = {"VM_INSTANCE": Class("GCPVMInstance")}

OCI: Dict[str, Class] = {"INSTANCE": Class("OCIInstance")}

CONNECTOR = """
name connectorId description provider state totalAssets lastSyncedOn:time nextSyncedOn:time remediationEnabled
qualysTags:tagNames isGovCloud isChinaRegion accountAlias isDisabled pollingFrequency:polling error externalId
portalConnectorUuid isPortalConnector groups:names
"""
AWS_CONNECTOR = "awsAccountId:account baseAccountId:account arn"
AZURE_CONNECTOR = "subscriptionId tenantId applicationId subscriptionName directoryId"
GCP_CONNECTOR = "projectId"
OCI_CONNECTOR = "tenantId"

CONTROL = """
cid controlName created:time modified:time controlType provider isCustomizable serviceType criticality
evaluation>(description:html passMessage failMessage criteria:list) specification:html rationale:html
manualRemediation:html references:html buildTimeRemediation:html resourceType remediationEnabled policyNames:list
executionType workflowBased templateType:list
"""
ACCOUNT_CONTROL = """
controlName controlId:int policyNames criticality service result passedResources failedResources
passWithExceptionResources
"""
EVALUATION = "firstEvaluated:time lastEvaluated:time dateReopen:time dateFixed:time"
ACCOUNT_EVALUATION = """
resourceId region accountId|subscriptionId|projectId|tenantId evaluatedOn:time evidences:list resourceType connectorId
result evaluationDates:evaluation
"""
REMEDIATION = """
resourceId controlId cloudType accountId:account region status resourceType remediationAction connectorName
policyNames:list controlName triggeredOn:time Errors triggeredBy remediationReason
"""
QID = """
qid patchAvailable exploitability:exploitability severity customerSeverity lastFound:time firstFound:time port protocol
category hostOS typeDetected status disabled ignored
"""
