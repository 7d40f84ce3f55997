//! Who may call what: permissions by what they open, least privileged first.
//!
//! They are those of the published permission reference, application and delegated. Left out are those that grant far more
//! than Haymaker ever asks for, belong to other products, or are given to an app by one team or chat (resource-specific
//! consent). Where a permission that writes is not listed for the reading that goes with it, it is added, as Graph lets it.

use super::Access;

pub(super) const ATTACHMENTS_READ: Access =
    Access { application: &["Mail.Read", "Mail.ReadWrite"], delegated: &["Mail.Read", "Mail.ReadWrite"] };
pub(super) const ATTACHMENT_READ: Access =
    Access { application: &["Mail.Read", "Mail.ReadWrite"], delegated: &["Mail.Read", "Mail.ReadWrite"] };
pub(super) const CALENDAR_READ: Access = Access {
    application: &["Calendars.ReadBasic", "Calendars.ReadWrite", "Calendars.Read"],
    delegated: &["Calendars.ReadBasic", "Calendars.ReadWrite", "Calendars.Read", "Calendars.Read.Shared"],
};
pub(super) const CALENDAR_VIEW: Access = Access {
    application: &["Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite"],
    delegated: &["Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite"],
};
pub(super) const CALENDAR_WRITE: Access =
    Access { application: &["Calendars.ReadWrite"], delegated: &["Calendars.ReadWrite"] };
pub(super) const CHANNELS_READ: Access = Access {
    application: &[
        "Channel.ReadBasic.All",
        "ChannelSettings.Read.All",
        "ChannelSettings.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "Group.Read.All",
        "Group.ReadWrite.All",
    ],
    delegated: &[
        "Channel.ReadBasic.All",
        "ChannelSettings.Read.All",
        "ChannelSettings.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "Group.Read.All",
        "Group.ReadWrite.All",
    ],
};
pub(super) const CHANNEL_CREATE: Access = Access {
    application: &["Channel.Create", "Directory.ReadWrite.All", "Group.ReadWrite.All", "Teamwork.Migrate.All"],
    delegated: &["Channel.Create", "Directory.ReadWrite.All", "Group.ReadWrite.All"],
};
pub(super) const CHANNEL_DELETE: Access = Access {
    application: &["Channel.Delete.All", "Directory.ReadWrite.All", "Group.ReadWrite.All"],
    delegated: &["Channel.Delete.All", "Directory.ReadWrite.All", "Group.ReadWrite.All"],
};
pub(super) const CHANNEL_MEMBERS: Access = Access {
    application: &["ChannelMember.Read.All", "ChannelMember.ReadWrite.All"],
    delegated: &["ChannelMember.Read.All", "ChannelMember.ReadWrite.All", "Group.Read.All"],
};
pub(super) const CHANNEL_MESSAGES_DELTA: Access = Access { application: &[], delegated: &[] };
pub(super) const CHANNEL_MESSAGES_READ: Access = Access {
    application: &["ChannelMessage.Read.All", "Group.Read.All", "Group.ReadWrite.All"],
    delegated: &["ChannelMessage.Read.All", "Group.Read.All", "Group.ReadWrite.All"],
};
pub(super) const CHANNEL_MESSAGES_SEND: Access =
    Access { application: &["Teamwork.Migrate.All"], delegated: &["ChannelMessage.Send", "Group.ReadWrite.All"] };
pub(super) const CHANNEL_MESSAGES_WRITE: Access =
    Access { application: &["ChannelMessage.UpdatePolicyViolation.All", "Teamwork.Migrate.All"], delegated: &[] };
pub(super) const CHANNEL_REACT: Access = Access { application: &[], delegated: &["ChannelMessage.Send"] };
pub(super) const CHANNEL_WRITE: Access = Access {
    application: &["ChannelSettings.ReadWrite.All", "Directory.ReadWrite.All", "Group.ReadWrite.All"],
    delegated: &["ChannelSettings.ReadWrite.All", "Directory.ReadWrite.All", "Group.ReadWrite.All"],
};
pub(super) const CHATS_READ: Access = Access {
    application: &["Chat.ReadBasic.All", "Chat.Read.All", "Chat.ReadWrite.All"],
    delegated: &["Chat.ReadBasic", "Chat.Read", "Chat.ReadWrite"],
};
pub(super) const CHAT_CREATE: Access =
    Access { application: &["Chat.Create"], delegated: &["Chat.Create", "Chat.ReadWrite"] };
pub(super) const CHAT_DELETE: Access =
    Access { application: &["Chat.ManageDeletion.All"], delegated: &["Chat.ManageDeletion.All"] };
pub(super) const CHAT_MEMBERS_READ: Access = Access {
    application: &[
        "ChatMember.Read.All",
        "Chat.Read.All",
        "Chat.ReadBasic.All",
        "Chat.ReadWrite.All",
        "ChatMember.ReadWrite.All",
    ],
    delegated: &["Chat.ReadBasic", "ChatMember.ReadWrite", "Chat.Read", "Chat.ReadWrite", "ChatMember.Read"],
};
pub(super) const CHAT_MEMBERS_WRITE: Access = Access {
    application: &["Chat.ReadWrite.All", "ChatMember.ReadWrite.All"],
    delegated: &["ChatMember.ReadWrite", "Chat.ReadWrite"],
};
pub(super) const CHAT_MESSAGES_READ: Access =
    Access { application: &["Chat.Read.All", "Chat.ReadWrite.All"], delegated: &["Chat.Read", "Chat.ReadWrite"] };
pub(super) const CHAT_MESSAGES_SEND: Access = Access {
    application: &["Teamwork.Migrate.All"],
    delegated: &["ChatMessage.Send", "Chat.ReadWrite", "Group.ReadWrite.All"],
};
pub(super) const CHAT_MESSAGE_READ: Access = Access {
    application: &["Chat.Read.All", "Group.Read.All", "Group.ReadWrite.All", "Chat.ReadWrite.All"],
    delegated: &["Chat.Read", "Chat.ReadWrite", "Group.Read.All", "Group.ReadWrite.All"],
};
pub(super) const CHAT_REACT: Access = Access { application: &[], delegated: &["ChatMessage.Send", "Chat.ReadWrite"] };
pub(super) const CHAT_READ: Access = Access {
    application: &["Chat.ReadBasic.All", "Chat.Read.All", "Chat.ReadWrite.All"],
    delegated: &["Chat.ReadBasic", "Chat.ReadWrite", "Chat.Read"],
};
pub(super) const CHAT_WRITE: Access = Access { application: &["Chat.ReadWrite.All"], delegated: &["Chat.ReadWrite"] };
pub(super) const DELETED_GROUPS: Access = Access {
    application: &["Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"],
    delegated: &["Group.Read.All"],
};
pub(super) const DELETED_PURGE: Access = Access {
    application: &["User.DeleteRestore.All", "User.ReadWrite.All"],
    delegated: &["User.DeleteRestore.All", "Group.ReadWrite.All"],
};
pub(super) const DELETED_READ: Access = Access {
    application: &[
        "User.Read.All",
        "Group.Read.All",
        "User.ReadWrite.All",
        "Group.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    ],
    delegated: &["User.Read.All", "Group.Read.All", "User.ReadWrite.All"],
};
pub(super) const DELETED_RESTORE: Access = Access {
    application: &["User.DeleteRestore.All", "User.ReadWrite.All"],
    delegated: &["User.DeleteRestore.All", "User.ReadWrite.All"],
};
pub(super) const DELETED_USERS: Access = Access {
    application: &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"],
    delegated: &["User.Read.All", "User.ReadWrite.All"],
};
pub(super) const DOMAINS: Access = Access {
    application: &["Domain.Read.All", "Domain.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"],
    delegated: &["Domain.Read.All", "Domain.ReadWrite.All", "Directory.Read.All"],
};
pub(super) const EVENT_FORWARD: Access = Access {
    application: &["Calendars.Read", "Calendars.ReadWrite"],
    delegated: &["Calendars.Read", "Calendars.ReadWrite"],
};
pub(super) const EVENT_READ: Access = Access {
    application: &["Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite"],
    delegated: &["Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite"],
};
pub(super) const FILES_READ: Access = Access {
    application: &["Files.Read.All", "Files.ReadWrite.All", "Sites.Read.All", "Sites.ReadWrite.All"],
    delegated: &[
        "Files.Read",
        "Files.Read.All",
        "Files.ReadWrite",
        "Files.ReadWrite.All",
        "Sites.Read.All",
        "Sites.ReadWrite.All",
    ],
};
pub(super) const FILES_READ_GROUPS: Access = Access {
    application: &[
        "Files.Read.All",
        "Files.ReadWrite.All",
        "Group.Read.All",
        "Group.ReadWrite.All",
        "Sites.Read.All",
        "Sites.ReadWrite.All",
    ],
    delegated: &[
        "Files.Read",
        "Files.ReadWrite",
        "Files.Read.All",
        "Files.ReadWrite.All",
        "Group.Read.All",
        "Group.ReadWrite.All",
        "Sites.Read.All",
        "Sites.ReadWrite.All",
    ],
};
pub(super) const FILES_SESSION: Access = Access {
    application: &["Sites.ReadWrite.All", "Files.ReadWrite.All"],
    delegated: &["Files.ReadWrite", "Files.ReadWrite.All", "Sites.ReadWrite.All"],
};
pub(super) const FILES_WRITE: Access = Access {
    application: &["Files.ReadWrite.All", "Sites.ReadWrite.All"],
    delegated: &["Files.ReadWrite", "Files.ReadWrite.All", "Sites.ReadWrite.All"],
};
pub(super) const GROUPS_CREATE: Access = Access {
    application: &["Group.Create", "Directory.ReadWrite.All", "Group.ReadWrite.All"],
    delegated: &["Group.ReadWrite.All", "Directory.ReadWrite.All"],
};
pub(super) const GROUPS_DELETE: Access =
    Access { application: &["Group.ReadWrite.All"], delegated: &["Group.ReadWrite.All"] };
pub(super) const GROUPS_READ: Access = Access {
    application: &[
        "Group.ReadBasic.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "Group.ManageProtection.All",
        "Group.Read.All",
        "Group.ReadWrite.All",
        "GroupMember.Read.All",
    ],
    delegated: &[
        "Group.ReadBasic.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "Group.ManageProtection.All",
        "Group.Read.All",
        "Group.ReadWrite.All",
        "GroupMember.Read.All",
    ],
};
pub(super) const GROUPS_WRITE: Access = Access {
    application: &["Directory.ReadWrite.All", "Group.ManageProtection.All", "Group.ReadWrite.All"],
    delegated: &["Directory.ReadWrite.All", "Group.ManageProtection.All", "Group.ReadWrite.All"],
};
pub(super) const GROUP_LICENCES: Access = Access {
    application: &["LicenseAssignment.ReadWrite.All", "Directory.ReadWrite.All", "Group.ReadWrite.All"],
    delegated: &["LicenseAssignment.ReadWrite.All", "Directory.ReadWrite.All", "Group.ReadWrite.All"],
};
pub(super) const JOINED_TEAMS: Access = Access {
    application: &[
        "Team.ReadBasic.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "TeamSettings.Read.All",
        "TeamSettings.ReadWrite.All",
        "User.Read.All",
        "User.ReadWrite.All",
    ],
    delegated: &[
        "Team.ReadBasic.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "TeamSettings.Read.All",
        "TeamSettings.ReadWrite.All",
        "User.Read.All",
        "User.ReadWrite.All",
    ],
};
pub(super) const LICENCES_READ: Access = Access {
    application: &[
        "LicenseAssignment.Read.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "User.Read.All",
        "User.ReadWrite.All",
        "LicenseAssignment.ReadWrite.All",
    ],
    delegated: &[
        "LicenseAssignment.Read.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "User.Read",
        "User.Read.All",
        "User.ReadWrite.All",
    ],
};
pub(super) const LICENCES_WRITE: Access = Access {
    application: &["LicenseAssignment.ReadWrite.All", "Directory.ReadWrite.All", "User.ReadWrite.All"],
    delegated: &["LicenseAssignment.ReadWrite.All", "Directory.ReadWrite.All", "User.ReadWrite.All"],
};
pub(super) const MAIL_DELTA: Access = Access {
    application: &["Mail.ReadBasic.All", "Mail.Read", "Mail.ReadWrite"],
    delegated: &["Mail.ReadBasic", "Mail.Read", "Mail.ReadWrite"],
};
pub(super) const MAIL_READ: Access = Access {
    application: &["Mail.ReadBasic.All", "Mail.ReadWrite", "Mail.Read"],
    delegated: &["Mail.ReadBasic", "Mail.ReadWrite", "Mail.Read"],
};
pub(super) const MAIL_READ_ONE: Access = Access {
    application: &["Mail.Read", "Mail.ReadBasic.All", "Mail.ReadWrite"],
    delegated: &["Mail.Read", "Mail.ReadBasic", "Mail.ReadWrite"],
};
pub(super) const MAIL_SEND: Access = Access { application: &["Mail.Send"], delegated: &["Mail.Send"] };
pub(super) const MAIL_WRITE: Access = Access { application: &["Mail.ReadWrite"], delegated: &["Mail.ReadWrite"] };
pub(super) const MANAGER_READ: Access = Access {
    application: &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"],
    delegated: &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"],
};
pub(super) const MANAGER_WRITE: Access = Access {
    application: &["User.ReadWrite.All", "Directory.ReadWrite.All"],
    delegated: &["User.ReadWrite.All", "Directory.ReadWrite.All"],
};
pub(super) const MEETING_TIMES: Access =
    Access { application: &[], delegated: &["Calendars.Read.Shared", "Calendars.ReadWrite.Shared"] };
pub(super) const MEMBERS_READ: Access = Access {
    application: &[
        "GroupMember.ReadBasic.All",
        "Directory.Read.All",
        "Group.Read.All",
        "Group.ReadBasic.All",
        "Group.ReadWrite.All",
        "GroupMember.Read.All",
        "GroupMember.ReadWrite.All",
        "Directory.ReadWrite.All",
    ],
    delegated: &[
        "GroupMember.ReadBasic.All",
        "Directory.Read.All",
        "Group.Read.All",
        "Group.ReadBasic.All",
        "Group.ReadWrite.All",
        "GroupMember.Read.All",
        "GroupMember.ReadWrite.All",
    ],
};
pub(super) const MEMBERS_WRITE: Access = Access {
    application: &["GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"],
    delegated: &["GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"],
};
pub(super) const MEMBER_OF: Access = Access {
    application: &[
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "Group.ReadBasic.All",
        "GroupMember.ReadBasic.All",
        "Group.Read.All",
        "Group.ReadWrite.All",
        "User.Read.All",
        "User.ReadWrite.All",
    ],
    delegated: &[
        "User.Read",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "Group.ReadBasic.All",
        "GroupMember.Read.All",
        "GroupMember.ReadBasic.All",
    ],
};
pub(super) const MIGRATE: Access = Access { application: &["Teamwork.Migrate.All"], delegated: &[] };
pub(super) const NOTIFY: Access = Access { application: &["TeamsActivity.Send"], delegated: &["TeamsActivity.Send"] };
pub(super) const ONE_ORGANIZATION: Access = Access {
    application: &[
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "Organization.Read.All",
        "Organization.ReadWrite.All",
        "User.Read.All",
    ],
    delegated: &[
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "Organization.Read.All",
        "Organization.ReadWrite.All",
        "User.Read",
        "User.Read.All",
    ],
};
pub(super) const ORGANIZATION: Access = Access {
    application: &[
        "Organization.Read.All",
        "Directory.Read.All",
        "Organization.ReadWrite.All",
        "Directory.ReadWrite.All",
    ],
    delegated: &["User.Read", "Organization.Read.All", "Directory.Read.All"],
};
pub(super) const OWNERS_READ: Access = Access {
    application: &[
        "Group.ReadWrite.All",
        "GroupMember.Read.All",
        "Directory.Read.All",
        "Group.Read.All",
        "GroupMember.ReadWrite.All",
        "Directory.ReadWrite.All",
    ],
    delegated: &[
        "Group.ReadWrite.All",
        "GroupMember.Read.All",
        "Directory.Read.All",
        "Group.Read.All",
        "GroupMember.ReadWrite.All",
    ],
};
pub(super) const OWNERS_WRITE: Access = Access {
    application: &["Group.ReadWrite.All", "Directory.ReadWrite.All"],
    delegated: &["Group.ReadWrite.All", "Directory.ReadWrite.All"],
};
pub(super) const PRIMARY_CHANNEL: Access = Access {
    application: &["Channel.ReadBasic.All", "ChannelSettings.Read.All", "ChannelSettings.ReadWrite.All"],
    delegated: &["Channel.ReadBasic.All", "ChannelSettings.Read.All", "ChannelSettings.ReadWrite.All"],
};
pub(super) const REPORTS_READ: Access = Access {
    application: &["User.Read.All", "Directory.Read.All", "Directory.ReadWrite.All", "User.ReadWrite.All"],
    delegated: &["User.Read", "Directory.Read.All", "Directory.ReadWrite.All", "User.Read.All", "User.ReadWrite.All"],
};
pub(super) const REVOKE: Access = Access {
    application: &["User.RevokeSessions.All", "Directory.ReadWrite.All", "User.ReadWrite.All"],
    delegated: &["User.RevokeSessions.All", "Directory.ReadWrite.All", "User.ReadWrite.All"],
};
pub(super) const RULES: Access =
    Access { application: &["MailboxSettings.ReadWrite"], delegated: &["MailboxSettings.ReadWrite"] };
pub(super) const SCHEDULE: Access = Access {
    application: &["Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite"],
    delegated: &["Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite"],
};
pub(super) const SETTINGS_READ: Access = Access {
    application: &["MailboxSettings.Read", "MailboxSettings.ReadWrite"],
    delegated: &["MailboxSettings.Read", "MailboxSettings.ReadWrite"],
};
pub(super) const SITES_READ: Access = Access {
    application: &["Sites.Read.All", "Sites.ReadWrite.All"],
    delegated: &["Sites.Read.All", "Sites.ReadWrite.All"],
};
pub(super) const SKUS: Access = Access {
    application: &[
        "LicenseAssignment.Read.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "Organization.Read.All",
        "Organization.ReadWrite.All",
        "LicenseAssignment.ReadWrite.All",
    ],
    delegated: &[
        "LicenseAssignment.Read.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "Organization.Read.All",
        "Organization.ReadWrite.All",
    ],
};
pub(super) const TEAM_CREATE: Access = Access {
    application: &["Team.Create", "Directory.ReadWrite.All", "Group.ReadWrite.All", "Teamwork.Migrate.All"],
    delegated: &["Team.Create", "Directory.ReadWrite.All", "Group.ReadWrite.All"],
};
pub(super) const TEAM_MEMBERS_READ: Access = Access {
    application: &["TeamMember.ReadWrite.All", "TeamMember.Read.All"],
    delegated: &["TeamMember.Read.All", "TeamMember.ReadWrite.All"],
};
pub(super) const TEAM_MEMBERS_WRITE: Access = Access {
    application: &["TeamMember.ReadWriteNonOwnerRole.All", "TeamMember.ReadWrite.All"],
    delegated: &["TeamMember.ReadWriteNonOwnerRole.All", "TeamMember.ReadWrite.All"],
};
pub(super) const TEAM_OPERATION: Access = Access {
    application: &["Team.ReadBasic.All", "TeamSettings.Read.All", "TeamSettings.ReadWrite.All"],
    delegated: &["Team.ReadBasic.All"],
};
pub(super) const TEAM_READ: Access = Access {
    application: &[
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "Group.Read.All",
        "Group.ReadWrite.All",
        "Team.ReadBasic.All",
        "TeamSettings.Read.All",
        "TeamSettings.ReadWrite.All",
    ],
    delegated: &[
        "Team.ReadBasic.All",
        "TeamSettings.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "Group.Read.All",
        "Group.ReadWrite.All",
        "TeamSettings.Read.All",
    ],
};
pub(super) const TEAM_WRITE: Access = Access {
    application: &["Directory.ReadWrite.All", "Group.ReadWrite.All", "TeamSettings.ReadWrite.All"],
    delegated: &["TeamSettings.ReadWrite.All", "Directory.ReadWrite.All", "Group.ReadWrite.All"],
};
pub(super) const TRANSITIVE_MEMBER_OF: Access = Access {
    application: &[
        "User.Read.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "Group.Read.All",
        "Group.ReadBasic.All",
        "GroupMember.Read.All",
        "GroupMember.ReadBasic.All",
    ],
    delegated: &[
        "User.Read",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "Group.Read.All",
        "Group.ReadBasic.All",
        "GroupMember.Read.All",
        "GroupMember.ReadBasic.All",
        "User.Read.All",
    ],
};
pub(super) const UNITS_MEMBERS: Access = Access {
    application: &[
        "AdministrativeUnit.ReadWrite.All",
        "Directory.ReadWrite.All",
        "Group.Create",
        "Group.ReadWrite.All",
    ],
    delegated: &[
        "AdministrativeUnit.ReadWrite.All",
        "Directory.AccessAsUser.All",
        "Directory.ReadWrite.All",
        "Group.ReadWrite.All",
    ],
};
pub(super) const UNITS_READ: Access = Access {
    application: &[
        "AdministrativeUnit.Read.All",
        "AdministrativeUnit.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    ],
    delegated: &[
        "AdministrativeUnit.Read.All",
        "AdministrativeUnit.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    ],
};
pub(super) const UNITS_WRITE: Access =
    Access { application: &["AdministrativeUnit.ReadWrite.All"], delegated: &["AdministrativeUnit.ReadWrite.All"] };
pub(super) const USERS_CHANGE: Access = Access {
    application: &["User.ReadWrite.All", "Directory.ReadWrite.All"],
    delegated: &["User.ReadWrite.All", "Directory.ReadWrite.All", "User.ReadWrite"],
};
pub(super) const USERS_DELETE: Access = Access {
    application: &["User.DeleteRestore.All", "User.ReadWrite.All"],
    delegated: &["User.DeleteRestore.All", "User.ReadWrite.All"],
};
pub(super) const USERS_READ: Access = Access {
    application: &[
        "User.ReadBasic.All",
        "User.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "User.Read.All",
    ],
    delegated: &[
        "User.ReadBasic.All",
        "User.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "User.Read.All",
        "User.Read",
        "User.ReadWrite",
    ],
};
pub(super) const USERS_WRITE: Access = Access {
    application: &["User.ReadWrite.All", "Directory.ReadWrite.All"],
    delegated: &["User.ReadWrite.All", "Directory.ReadWrite.All"],
};
pub(super) const USER_CHAT: Access = Access {
    application: &["Chat.Read.All", "Chat.ReadBasic.All", "Chat.ReadWrite.All"],
    delegated: &["Chat.ReadBasic", "Chat.Read", "Chat.ReadWrite"],
};
pub(super) const USER_CHATS: Access = Access {
    application: &["Chat.ReadBasic.All", "Chat.ReadWrite.All", "Chat.Read.All"],
    delegated: &["Chat.ReadBasic", "Chat.Read", "Chat.ReadWrite"],
};
pub(super) const USER_CHAT_MESSAGE: Access = Access {
    application: &["Chat.Read.All", "Chat.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All"],
    delegated: &["Chat.Read", "Chat.ReadWrite", "Group.Read.All", "Group.ReadWrite.All"],
};
pub(super) const USER_CHAT_MESSAGES: Access =
    Access { application: &["Chat.Read.All", "Chat.ReadWrite.All"], delegated: &["Chat.Read", "Chat.ReadWrite"] };
