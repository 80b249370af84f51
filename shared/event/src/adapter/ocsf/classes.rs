//! The classes of OCSF 1.0 to 1.7 and their activities (<https://schema.ocsf.io>).

/// A class of events.
#[derive(Debug)]
pub(super) struct Class {
    /// `class_uid`
    pub(super) uid: i64,
    /// The first word of its actions.
    pub(super) name: &'static str,
    /// What `activity_id` says from 1 on, the second word; `-` for a number without meaning.
    activities: &'static str,
}

impl Class {
    /// The activity of a number.
    pub(super) fn activity(&self, id: i64) -> Option<&'static str> {
        let place = usize::try_from(id.checked_sub(1)?).ok()?;
        self.activities.split(' ').nth(place).filter(|activity| *activity != "-")
    }
}

const fn class(uid: i64, name: &'static str, activities: &'static str) -> Class {
    Class { uid, name, activities }
}

/// The class of a number.
pub(super) fn find(uid: i64) -> Option<&'static Class> {
    CLASSES.binary_search_by_key(&uid, |class| class.uid).ok().map(|place| &CLASSES[place])
}

/// By number.
#[rustfmt::skip]
pub(super) static CLASSES: &[Class] = &[
    // System activity.
    class(1001, "file_activity",
        "create read update delete rename set_attributes set_security get_attributes get_security \
         encrypt decrypt mount unmount open"),
    class(1002, "kernel_extension_activity", "load unload"),
    class(1003, "kernel_activity", "create read delete invoke"),
    class(1004, "memory_activity",
        "allocate_page modify_page delete_page buffer_overflow disable_dep enable_dep read write \
         map_view"),
    class(1005, "module_activity", "load unload invoke"),
    class(1006, "scheduled_job_activity", "create update delete enable disable start"),
    class(1007, "process_activity", "launch terminate open inject set_user_id"),
    class(1008, "event_log_activity",
        "clear delete export archive rotate start stop restart enable disable"),
    class(1009, "script_activity", "execute"),
    class(1010, "peripheral_activity", "connect disconnect enable disable eject"),
    // Findings.
    class(2001, "security_finding", "create update close"),
    class(2002, "vulnerability_finding", "create update close"),
    class(2003, "compliance_finding", "create update close"),
    class(2004, "detection_finding", "create update close"),
    class(2005, "incident_finding", "create update close"),
    class(2006, "data_security_finding", "create update close suppressed"),
    class(2007, "application_security_posture_finding", "create update close"),
    class(2008, "iam_analysis_finding", "create update close"),
    // Identity and access management.
    class(3001, "account_change",
        "create enable password_change password_reset disable delete attach_policy detach_policy \
         lock mfa_factor_enable mfa_factor_disable unlock"),
    class(3002, "authentication",
        "logon logoff authentication_ticket service_ticket_request service_ticket_renew preauth \
         account_switch"),
    class(3003, "authorize_session", "assign_privileges assign_groups"),
    class(3004, "entity_management",
        "create read update delete move enroll unenroll enable disable activate deactivate \
         suspend resume"),
    class(3005, "user_access", "assign_privileges revoke_privileges"),
    class(3006, "group_management",
        "assign_privileges revoke_privileges add_user remove_user delete create add_subgroup \
         remove_subgroup"),
    // Network activity.
    class(4001, "network_activity", "open close reset fail refuse traffic listen"),
    class(4002, "http_activity", "connect delete get head options post put trace patch"),
    class(4003, "dns_activity", "query response - - - traffic"),
    class(4004, "dhcp_activity", "discover offer request decline ack nak release inform expire"),
    class(4005, "rdp_activity",
        "initial_request initial_response connect_request connect_response tls_handshake traffic \
         disconnect reconnect"),
    class(4006, "smb_activity",
        "file_supersede file_open file_create file_open_if file_overwrite file_overwrite_if"),
    class(4007, "ssh_activity", "open close reset fail refuse traffic listen"),
    class(4008, "ftp_activity", "put get poll delete rename list"),
    class(4009, "email_activity", "send receive scan trace mta_relay"),
    class(4010, "network_file_activity",
        "upload download update delete rename copy move restore preview lock unlock share unshare \
         open sync unsync"),
    class(4011, "email_file_activity", "send receive scan"),
    class(4012, "email_url_activity", "send receive scan"),
    class(4013, "ntp_activity",
        "symmetric_active_exchange symmetric_passive_response client_synchronization \
         server_response broadcast control private_use_case"),
    class(4014, "tunnel_activity", "open close renew"),
    // Discovery.
    class(5001, "inventory_info", "log collect"),
    class(5002, "config_state", "log collect"),
    class(5003, "user_inventory", "log collect"),
    class(5004, "patch_state", "log collect"),
    class(5006, "kernel_object_query", "query"),
    class(5007, "file_query", "query"),
    class(5008, "folder_query", "query"),
    class(5009, "admin_group_query", "query"),
    class(5010, "job_query", "query"),
    class(5011, "module_query", "query"),
    class(5012, "network_connection_query", "query"),
    class(5013, "networks_query", "query"),
    class(5014, "peripheral_device_query", "query"),
    class(5015, "process_query", "query"),
    class(5016, "service_query", "query"),
    class(5017, "session_query", "query"),
    class(5018, "user_query", "query"),
    class(5019, "device_config_state_change", "log collect"),
    class(5020, "software_info", "log collect"),
    class(5021, "osint_inventory_info", "log collect"),
    class(5022, "startup_item_query", "query"),
    class(5023, "cloud_resources_inventory_info", "log collect"),
    class(5040, "evidence_info", "query"),
    // Application activity.
    class(6001, "web_resources_activity", "create read update delete search import export share"),
    class(6002, "application_lifecycle",
        "install remove start stop restart enable disable update"),
    class(6003, "api_activity", "create read update delete"),
    class(6004, "web_resource_access_activity",
        "access_grant access_deny access_revoke access_error"),
    class(6005, "datastore_activity",
        "read update connect query write create delete list encrypt decrypt"),
    class(6006, "file_hosting",
        "upload download update delete rename copy move restore preview lock unlock share unshare \
         open sync unsync access_check"),
    class(6007, "scan_activity",
        "started completed cancelled duration_violation pause_violation error paused resumed \
         restarted delayed"),
    class(6008, "application_error", "general_error translation_error"),
    // Remediation.
    class(7001, "remediation_activity", "isolate evict restore harden detect"),
    class(7002, "file_remediation_activity", "isolate evict restore harden detect"),
    class(7003, "process_remediation_activity", "isolate evict restore harden detect"),
    class(7004, "network_remediation_activity", "isolate evict restore harden detect"),
    // Unmanned systems.
    class(8001, "drone_flights_activity", "capture record"),
    class(8002, "airborne_broadcast_activity", "capture record"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_of_words() {
        assert!(CLASSES.is_sorted_by(|one, other| one.uid < other.uid));
        for class in CLASSES {
            for activity in class.activities.split(' ').filter(|activity| *activity != "-") {
                let action = format!("{}.{activity}", class.name);
                assert!(crate::event::is_action(&action), "{action}");
            }
        }
    }
}
