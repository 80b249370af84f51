//! EC2, whose operations name more than those of all other services.

use super::tables::{Made, Named, made, named};

const FLOW_LOG: &str = "AWS::EC2::FlowLog";
const IMAGE: &str = "AWS::EC2::Image";
const INSTANCE: &str = "AWS::EC2::Instance";
const INTERFACE: &str = "AWS::EC2::NetworkInterface";
const NAT_GATEWAY: &str = "AWS::EC2::NatGateway";
const PEERING: &str = "AWS::EC2::VPCPeeringConnection";
const ROUTE_TABLE: &str = "AWS::EC2::RouteTable";
const SECURITY_GROUP: &str = "AWS::EC2::SecurityGroup";
const SNAPSHOT: &str = "AWS::EC2::Snapshot";
const SUBNET: &str = "AWS::EC2::Subnet";
const VOLUME: &str = "AWS::EC2::Volume";
const VPC: &str = "AWS::EC2::VPC";

pub(super) const MADE: &[Made] = &[
    made("RunInstances", &["instancesSet", "items", "0", "instanceId"], INSTANCE),
    made("AllocateAddress", &["allocationId"], "AWS::EC2::EIP"),
    made("CopyImage", &["imageId"], IMAGE),
    made("CopySnapshot", &["snapshotId"], SNAPSHOT),
    made("CreateFlowLogs", &["CreateFlowLogsResponse", "flowLogIdSet", "item"], FLOW_LOG),
    made("CreateImage", &["imageId"], IMAGE),
    made(
        "CreateInternetGateway",
        &["internetGateway", "internetGatewayId"],
        "AWS::EC2::InternetGateway",
    ),
    made("CreateKeyPair", &["keyName"], "AWS::EC2::KeyPair"),
    made(
        "CreateNatGateway",
        &["CreateNatGatewayResponse", "natGateway", "natGatewayId"],
        NAT_GATEWAY,
    ),
    made("CreateNetworkAcl", &["networkAcl", "networkAclId"], "AWS::EC2::NetworkAcl"),
    made("CreateNetworkInterface", &["networkInterface", "networkInterfaceId"], INTERFACE),
    made("CreateRouteTable", &["routeTable", "routeTableId"], ROUTE_TABLE),
    made("CreateSecurityGroup", &["groupId"], SECURITY_GROUP),
    made("CreateSnapshot", &["snapshotId"], SNAPSHOT),
    made("CreateSubnet", &["subnet", "subnetId"], SUBNET),
    made("CreateVolume", &["volumeId"], VOLUME),
    made("CreateVpc", &["vpc", "vpcId"], VPC),
    made(
        "CreateVpcEndpoint",
        &["CreateVpcEndpointResponse", "vpcEndpoint", "vpcEndpointId"],
        "AWS::EC2::VPCEndpoint",
    ),
    made(
        "CreateVpcPeeringConnection",
        &["vpcPeeringConnection", "vpcPeeringConnectionId"],
        PEERING,
    ),
    made("RegisterImage", &["imageId"], IMAGE),
];

pub(super) const NAMED: &[Named] = &[
    named(&["routeTableId"], ROUTE_TABLE).when("Route"),
    named(&["instanceId"], INSTANCE),
    named(&["instancesSet", "items", "0", "instanceId"], INSTANCE),
    named(&["networkInterfaceId"], INTERFACE),
    named(&["groupId"], SECURITY_GROUP),
    named(&["groupName"], SECURITY_GROUP),
    named(&["internetGatewayId"], "AWS::EC2::InternetGateway"),
    named(&["natGatewayId"], NAT_GATEWAY),
    named(&["DeleteNatGatewayRequest", "NatGatewayId"], NAT_GATEWAY),
    named(&["DeleteFlowLogsRequest", "FlowLogId", "content"], FLOW_LOG),
    named(&["networkAclId"], "AWS::EC2::NetworkAcl"),
    named(&["vpcPeeringConnectionId"], PEERING),
    named(&["snapshotId"], SNAPSHOT),
    named(&["imageId"], IMAGE),
    named(&["volumeId"], VOLUME),
    named(&["allocationId"], "AWS::EC2::EIP"),
    named(&["keyName"], "AWS::EC2::KeyPair"),
    named(&["subnetId"], SUBNET),
    named(&["vpcId"], VPC),
    named(&["resourcesSet", "items", "0", "resourceId"], "AWS::EC2::Resource"),
];
