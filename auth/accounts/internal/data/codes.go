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
// budget of attempts is small, see package throttle.
const ShortDigits = 6

// DeleteCodes deletes the codes of a user. It is for a kind with a long lifetime.
func DeleteCodes(ctx context.Context, in store.Session, user store.ID, kind CodeKind) error {
	_, err := store.For[Code](in).DeleteWhere(ctx, store.And(codeUserID.Eq(&user), codeKind.Eq(string(kind))))
	return err
}

// names returns kinds as they are kept.
func names(kinds []CodeKind) []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = string(k)
	}
	return out
}

// LastCode finds the last code of some kinds that a user has had, good or not; nil is none.
func LastCode(ctx context.Context, s store.Session, user store.ID, kinds ...CodeKind) (*Code, error) {
	found, err := store.For[Code](s).List(ctx, store.Query{
		Where: store.And(codeUserID.Eq(&user), codeKind.In(names(kinds)...)),
		Order: []store.Order{codeCreatedAt.Desc()}, Limit: store.Limit(1),
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
	Network  string    `json:"network,omitempty"`   // from where a message was asked for, see package throttle

	// Of that account, or of an invited one, as returned by Config.BeforeSignUp. For an
	// anonymous user who gets an account see package account.
	Metadata    store.JSON `json:"metadata,omitempty"`
	AppMetadata store.JSON `json:"app_metadata,omitempty"`
}

// At is where the code was sent to.
func (c *MailedCode) At() Contact { return Contact{Email: c.Email, Phone: c.Phone} }

// MailedKinds are invalidated when a user gets another password, e-mail address or phone
// number. Codes of logins in progress at providers are among them.
var MailedKinds = []CodeKind{CodeSignup, CodeInvite, CodeMagicLink, CodeReset, CodeEmailOld, CodeEmailNew, CodeReauth, CodeSMSSignup, CodeSMS, CodePhone, CodePhoneFactor, CodeFlow}

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
	return store.For[Code](s).Count(ctx, store.And(codeUserID.Eq(&id), codeKind.Eq(string(CodeRecovery)), codeUsedAt.Null()))
}

// MailMethods are the methods of logins by mail or message, as in the claim amr.
var MailMethods = map[CodeKind]string{
	CodeSignup: "email/signup", CodeInvite: "invite", CodeMagicLink: "magiclink", CodeReset: "recovery",
	CodeEmailOld: "email_change", CodeEmailNew: "email_change",
	CodeSMSSignup: "otp", CodeSMS: "otp", CodePhone: "otp",
}

// CodeHashed selects the code of a kind with a long form.
func CodeHashed(kind CodeKind, long string) store.Cond { return codeHash.Eq(HashCode(kind, long)) }

// CodeTyped selects the codes of a user with one of some hashes of digits.
func CodeTyped(user store.ID, hashes [][]byte) store.Cond {
	return store.And(codeUserID.Eq(&user), codeShortHash.In(hashes...))
}

// OneCode selects a code.
func OneCode(id store.ID) store.Cond { return codeID.Eq(id) }

// CodeSince selects the codes that are younger than a time.
func CodeSince(made time.Time) store.Cond { return codeCreatedAt.Gt(made) }

// CodeOf selects the codes of a user.
func CodeOf(user store.ID) store.Cond { return codeUserID.Eq(&user) }

// ValidCode finds a code of a kind that is neither used nor expired, nil without one.
func ValidCode(ctx context.Context, s store.Session, kind CodeKind, which store.Cond, now time.Time) (*Code, error) {
	return first[Code](ctx, s, store.And(codeKind.Eq(string(kind)), which, codeUsedAt.Null(), codeExpiresAt.Gt(now)))
}

// AnyCode finds a code of a kind by its long form, also a used one, nil without one.
func AnyCode(ctx context.Context, s store.Session, kind CodeKind, long string) (*Code, error) {
	return first[Code](ctx, s, store.And(codeKind.Eq(string(kind)), CodeHashed(kind, long)))
}

// UseCode marks a code as used. It reports whether it was unused: of several concurrent
// requests one uses it.
func UseCode(ctx context.Context, s store.Session, id store.ID, now time.Time) (bool, error) {
	n, err := store.For[Code](s).PatchWhere(ctx, store.And(codeID.Eq(id), codeUsedAt.Null()), codeUsedAt.To(&now))
	return n == 1, err
}

// UseAgain records the use of a code that was used before. It reports whether the code still
// exists.
func UseAgain(ctx context.Context, s store.Session, id store.ID, now time.Time) (bool, error) {
	n, err := store.For[Code](s).PatchWhere(ctx, codeID.Eq(id), codeUsedAt.To(&now))
	return n > 0, err
}

// UseCodes marks the unused codes of a user as used, of some kinds or of all.
func UseCodes(ctx context.Context, s store.Session, user store.ID, now time.Time, kinds ...CodeKind) error {
	which := store.And(codeUserID.Eq(&user), codeUsedAt.Null())
	if len(kinds) > 0 {
		which = store.And(which, codeKind.In(names(kinds)...))
	}
	_, err := store.For[Code](s).PatchWhere(ctx, which, codeUsedAt.To(&now))
	return err
}

// UsedSince reports whether a code of a kind of a user was used since a time.
func UsedSince(ctx context.Context, s store.Session, user store.ID, kind CodeKind, since time.Time) (bool, error) {
	n, err := store.For[Code](s).Count(ctx, store.And(codeUserID.Eq(&user), codeKind.Eq(string(kind)), codeUsedAt.Gt(&since)))
	return n > 0, err
}

// SentDigits reads the valid codes of logins and sign-ups that were sent to a phone of one of
// some users.
func SentDigits(ctx context.Context, s store.Session, users []*store.ID, now time.Time) ([]*Code, error) {
	return store.For[Code](s).List(ctx, store.Query{Where: store.And(
		codeUserID.In(users...), codeKind.In(names([]CodeKind{CodeSMS, CodeSMSSignup})...), codeUsedAt.Null(), codeExpiresAt.Gt(now),
	)})
}

// WriteCodeData writes what a code is for.
func WriteCodeData(ctx context.Context, tx *store.Tx, id store.ID, doc store.JSON) error {
	_, err := store.For[Code](tx).PatchWhere(ctx, codeID.Eq(id), codeData.To(doc))
	return err
}

// DeleteCode deletes a code.
func DeleteCode(ctx context.Context, tx *store.Tx, id store.ID) error {
	_, err := store.For[Code](tx).DeleteWhere(ctx, codeID.Eq(id))
	return err
}

// KeysOf selects the API keys of a user, or with nil of the application.
func KeysOf(owner *store.ID) store.Cond {
	if owner == nil {
		return apiKeyUserID.Null()
	}
	return apiKeyUserID.Eq(owner)
}

// OpenKey selects an API key that has not ended.
func OpenKey(id store.ID) store.Cond { return store.And(apiKeyID.Eq(id), apiKeyEndedAt.Null()) }

// validKeys selects the API keys of a user, or with nil of the application, that are valid.
func validKeys(owner *store.ID, now time.Time) store.Cond {
	return store.And(KeysOf(owner), apiKeyEndedAt.Null(), store.Or(apiKeyExpiresAt.Null(), apiKeyExpiresAt.Gt(&now)))
}

// CountKeys counts the valid API keys of an owner.
func CountKeys(ctx context.Context, s store.Session, owner *store.ID, now time.Time) (int64, error) {
	return store.For[APIKey](s).Count(ctx, validKeys(owner, now))
}

// ListKeys reads the valid API keys of an owner, the newest first.
func ListKeys(ctx context.Context, s store.Session, owner *store.ID, now time.Time) ([]*APIKey, error) {
	return store.For[APIKey](s).List(ctx, store.Query{Where: validKeys(owner, now), Order: []store.Order{apiKeyCreatedAt.Desc(), apiKeyID.Desc()}})
}

// OpenKeys reads the API keys that a condition selects and that have not ended.
func OpenKeys(ctx context.Context, s store.Session, which store.Cond) ([]*APIKey, error) {
	return store.For[APIKey](s).List(ctx, store.Query{Where: store.And(which, apiKeyEndedAt.Null())})
}

// KeyByHash finds the API key with a hash that has not ended.
func KeyByHash(ctx context.Context, s store.Session, hash []byte) (*APIKey, error) {
	return store.For[APIKey](s).First(ctx, store.Query{Where: store.And(apiKeyHash.Eq(hash), apiKeyEndedAt.Null())})
}

// EndKey ends an API key, and reports whether it was open.
func EndKey(ctx context.Context, tx *store.Tx, id store.ID, why string, now time.Time) (bool, error) {
	n, err := store.For[APIKey](tx).PatchWhere(ctx, OpenKey(id), apiKeyEndedAt.To(&now), apiKeyEndedBy.To(&why))
	return n > 0, err
}

// UseKey records the use of an API key, unless one since a time is recorded.
func UseKey(ctx context.Context, s store.Session, id store.ID, since, now time.Time) error {
	older := store.Or(apiKeyLastUsedAt.Null(), apiKeyLastUsedAt.Lte(&since))
	_, err := store.For[APIKey](s).PatchWhere(ctx, store.And(apiKeyID.Eq(id), older), apiKeyLastUsedAt.To(&now))
	return err
}

// DropOldKeys deletes the API keys of an owner that ended before a time.
func DropOldKeys(ctx context.Context, tx *store.Tx, owner *store.ID, before time.Time) error {
	return remove[APIKey](ctx, tx, store.And(KeysOf(owner), store.Or(apiKeyEndedAt.Lt(&before), apiKeyExpiresAt.Lt(&before))))
}
