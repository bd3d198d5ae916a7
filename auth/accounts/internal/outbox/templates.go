package outbox

// The templates of mails.
const (
	MailConfirmation     = "confirmation"     // of the address of a new account
	MailExisting         = "existing"         // a sign-up with the address of an existing account
	MailInvite           = "invite"           // to an account that was made for the reader
	MailMagicLink        = "magic_link"       // a login
	MailRecovery         = "recovery"         // for a forgotten password
	MailEmailChange      = "email_change"     // to both addresses of a change
	MailReauthentication = "reauthentication" // a code before a password is changed
	MailNotice           = "notice"           // of a change of the account that its owner must know of
)

// The templates of text messages.
const (
	SMSConfirmation     = "confirmation"     // of the number of a new account
	SMSLogin            = "login"            // a login
	SMSPhoneChange      = "phone_change"     // to the number that an account is to have
	SMSReauthentication = "reauthentication" // a code before a password is changed
	SMSFactor           = "factor"           // a second factor
)
