package data

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/store"
)

// CodeChallenge asks a session for a factor. Its long form is the challenge's id on
// the wire. That of an authenticator app is spent by the code that is right, since
// people mistype, and that of a passkey by the first answer.
const CodeChallenge CodeKind = "factor_challenge"

// ChallengeLife is how long a challenge waits for its answer.
const ChallengeLife = 5 * time.Minute

// Challenge is what a challenge is for.
type Challenge struct {
	Factor   store.ID   `json:"factor"`
	Session  store.ID   `json:"session"`
	Ceremony store.JSON `json:"ceremony,omitempty"` // of a passkey
}

// Challenges returns what a challenge keeps where it is one of a factor to a session.
// Of a code that is nil it is none.
func (c *Code) Challenges(s *Session, f *Factor) (*Challenge, error) {
	if c == nil {
		return nil, fail.ErrChallengeExpired
	}
	var kept Challenge
	if err := c.Read(&kept); err != nil {
		return nil, err
	}
	if kept.Factor != f.ID || kept.Session != s.ID {
		return nil, fail.ErrChallengeExpired
	}
	return &kept, nil
}

// CodeKind is the purpose of a code. A code is not valid for another purpose.
type CodeKind string

// Replaces returns the kinds of a user's codes that a new one invalidates. Digits of a login
// and of a sign-up are entered in the same form, and those of a sign-up confirm its password. A
// later request for a login means the login.
func (k CodeKind) Replaces() []CodeKind {
	if k == CodeSMS {
		return []CodeKind{CodeSMS, CodeSMSSignup}
	}
	return []CodeKind{k}
}

// ShortDigits is the length of the codes that people type. They are as good as their
// budget of attempts is small, see attempt.
const ShortDigits = 6

// DeleteCodes is dropCodes for a kind with a long lifetime.
func DeleteCodes(ctx context.Context, in store.Session, user store.ID, kind CodeKind) error {
	_, err := store.For[Code](in).DeleteWhere(ctx, store.And(store.Eq("user_id", user), store.Eq("kind", string(kind))))
	return err
}

func Names(kinds []CodeKind) []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = string(k)
	}
	return out
}

// LastCode finds the last code of some kinds that a user has had, good or not; nil is none.
func LastCode(ctx context.Context, s store.Session, user store.ID, kinds ...CodeKind) (*Code, error) {
	found, err := store.For[Code](s).List(ctx, store.Query{
		Where: store.And(store.Eq("user_id", user), store.In("kind", Names(kinds))),
		Order: []store.Order{{Column: "created_at", Desc: true}}, Limit: store.Limit(1),
	})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// Read decodes what the code is for.
func (c *Code) Read(into any) error {
	if err := json.Unmarshal([]byte(c.Data), into); err != nil {
		return fmt.Errorf("accounts: code %s: %w", c.ID, err)
	}
	return nil
}

// HashCode returns the hash of a long code. It is random, so a plain one will do.
func HashCode(kind CodeKind, long string) []byte {
	sum := sha256.Sum256([]byte(string(kind) + " " + long))
	return sum[:]
}

// CodePhoneFactor asks a session for a factor that is a phone. Its long form is the
// challenge's id on the wire, and its digits are in a message.
const CodePhoneFactor CodeKind = "factor_sms"

// Codes of flows.
const (
	CodeFlow CodeKind = "flow" // exchanged for a session by who has the verifier

	FlowLife = 5 * time.Minute
)

const (
	CodePasskeyLogin CodeKind = "passkey_login"
)

// Codes that are mailed, as a link and as digits, and those that are sent to a phone, as
// digits only. Who has one reads the mails of an address, or the messages to a number.
const (
	CodeSignup    CodeKind = "signup"
	CodeInvite    CodeKind = "invite"
	CodeMagicLink CodeKind = "magiclink"
	CodeReset     CodeKind = "recovery"
	CodeEmailOld  CodeKind = "email_change_current" // to the address that an account has
	CodeEmailNew  CodeKind = "email_change_new"     // to the one it is to have
	CodeReauth    CodeKind = "reauthentication"     // digits only

	CodeSMSSignup CodeKind = "sms_signup"
	CodeSMS       CodeKind = "sms"          // a login
	CodePhone     CodeKind = "phone_change" // to the number that an account is to have
)

// DigitsLife is the lifetime of the digits of a mail or a message, which can be guessed (OWASP
// ASVS 6.5.5). The link of a mail cannot, and lives longer.
const DigitsLife = 10 * time.Minute

// MailedCode is what a mailed code is for.
type MailedCode struct {
	Email    string    `json:"email"`           // where it was mailed to
	Phone    string    `json:"phone,omitempty"` // or sent to
	Flow     Flow      `json:"flow"`
	NewEmail string    `json:"new_email,omitempty"` // which the account is to have
	Session  *store.ID `json:"session,omitempty"`   // that asks for the new address
	Create   bool      `json:"create,omitempty"`    // whether it makes an account where there is none
	Network  string    `json:"network,omitempty"`   // from where a message was asked for, see sentHere

	// Of that account, or of an invited one, as returned by Config.BeforeSignUp. For an
	// anonymous user who gets an account see upgrade.
	Metadata    store.JSON `json:"metadata,omitempty"`
	AppMetadata store.JSON `json:"app_metadata,omitempty"`
}

// At is where the code was sent to.
func (c *MailedCode) At() Contact { return Contact{Email: c.Email, Phone: c.Phone} }

// MailedKinds are invalidated when a user gets another password, e-mail address or phone
// number. Codes of logins in progress at providers are among them.
var MailedKinds = []CodeKind{CodeSignup, CodeInvite, CodeMagicLink, CodeReset, CodeEmailOld, CodeEmailNew, CodeReauth, CodeSMSSignup, CodeSMS, CodePhone, CodePhoneFactor, CodeFlow}

// SentColumns are the columns of a user that say when a mail was sent.
var SentColumns = map[CodeKind]string{
	CodeSignup: "confirmation_sent_at", CodeInvite: "confirmation_sent_at", CodeMagicLink: "recovery_sent_at", CodeReset: "recovery_sent_at",
	CodeEmailOld: "email_change_sent_at", CodeEmailNew: "email_change_sent_at", CodeReauth: "reauthentication_sent_at",
	CodeSMSSignup: "confirmation_sent_at", CodeSMS: "recovery_sent_at", CodePhone: "phone_change_sent_at",
}

// LinkType is what clients call a kind of code.
func LinkType(kind CodeKind) string {
	if kind == CodeEmailOld || kind == CodeEmailNew {
		return "email_change"
	}
	return string(kind)
}

// CodeRecovery takes the place of a factor that its owner has lost.
const CodeRecovery CodeKind = "recovery_code"

// RecoveryLife is that of codes on paper.
const RecoveryLife = 100 * 365 * 24 * time.Hour

// RecoveryCodesLeft counts the codes that a user can still use.
func RecoveryCodesLeft(ctx context.Context, s store.Session, id store.ID) (int64, error) {
	return store.For[Code](s).Count(ctx, store.And(store.Eq("user_id", id), store.Eq("kind", string(CodeRecovery)), store.Null("used_at")))
}

// amr of logins by mail or message.
var MailMethods = map[CodeKind]string{
	CodeSignup: "email/signup", CodeInvite: "invite", CodeMagicLink: "magiclink", CodeReset: "recovery",
	CodeEmailOld: "email_change", CodeEmailNew: "email_change",
	CodeSMSSignup: "otp", CodeSMS: "otp", CodePhone: "otp",
}
