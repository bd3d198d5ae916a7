// Package data holds the rows of accounts, their queries, and the values that rows keep.
package data

import (
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store"
)

// APIKey is a credential for programs: one of a user, for the user's own programs, or one of
// the application, made by an admin. Only its hash is stored.
type APIKey struct {
	bun.BaseModel `bun:"table:auth_api_keys"`
	store.Untracked
	ID         store.ID   `bun:",pk"`
	Hash       []byte     `bun:",notnull,unique"`
	Prefix     string     `bun:",notnull"` // what its owner knows it by
	UserID     *store.ID  // nil: of the application
	Name       string     `bun:",notnull"`
	Scopes     store.JSON `bun:",notnull,type:jsonb"` // names, sorted
	CreatedAt  time.Time  `bun:",notnull"`
	ExpiresAt  *time.Time // nil: never
	LastUsedAt *time.Time // to the minute
	EndedAt    *time.Time
	EndedBy    *string // why: revoked, password, ...
}

// Bearer returns the principal id of a key without accounts.ScopeSelf. It is no id of a row.
func (k *APIKey) Bearer() string { return "api-key:" + k.ID.String() }

// ScopeList reads what the key is for.
func (k *APIKey) ScopeList() (scopes []string, err error) {
	if err := k.Scopes.Decode(&scopes); err != nil {
		return nil, fmt.Errorf("accounts: API key %s: %w", k.ID, err)
	}
	return scopes, nil
}

// Code is a single-use secret: the link or digits of a mail, the code of a login at a provider,
// a challenge. Only its hashes are stored.
type Code struct {
	bun.BaseModel `bun:"table:auth_codes"`
	store.Untracked
	ID        store.ID `bun:",pk"`
	Kind      string   `bun:",notnull"` // a CodeKind
	UserID    *store.ID
	Hash      []byte     `bun:",notnull,unique"`     // of the long form
	ShortHash []byte     `bun:",notnull"`            // of the digits that a person can type, with the user's id; empty for other codes
	Data      store.JSON `bun:",notnull,type:jsonb"` // what the code is for, by its kind
	CreatedAt time.Time  `bun:",notnull"`
	ExpiresAt time.Time  `bun:",notnull"`
	UsedAt    *time.Time
}

// Factor is a way of a user to show who they are beside what a session begins with:
// an authenticator app, a passkey or a phone.
type Factor struct {
	bun.BaseModel `bun:"table:auth_factors"`
	store.Model
	store.Untracked

	UserID       store.ID   `bun:",notnull,unique:auth_factors_name"`
	Type         FactorType `bun:",notnull"`
	FriendlyName string     `bun:",notnull,unique:auth_factors_name"`
	Status       string     `bun:",notnull"` // FactorVerified, or FactorUnverified
	WaitsUntil   *time.Time // for its first use, before it makes way

	Sealed   []byte `bun:",nullzero" plinth:"secret"` // of an app: what it shares with us
	LastStep int64  `bun:",notnull"`                  // of an app: the step of the last code that was taken

	CredentialID []byte     `bun:",nullzero,unique"`     // of a passkey; unique over all users
	Credential   store.JSON `bun:",nullzero,type:jsonb"` // of a passkey, as Passkeys keeps it

	Phone *string // of a phone: canonical

	LastChallengedAt *time.Time
	LastUsedAt       *time.Time
}

// FactorType is what a factor is, in the words of the wire.
type FactorType string

const (
	FactorTOTP     FactorType = "totp"
	FactorWebAuthn FactorType = "webauthn"
	FactorPhone    FactorType = "phone"
)

// The states of a factor.
const (
	FactorVerified   = "verified"
	FactorUnverified = "unverified"
)

// Details are the details of a factor in the audit log.
func (f *Factor) Details() map[string]any {
	return map[string]any{"factor": f.ID, "type": f.Type}
}

// Repeats reports whether a factor is the phone number by which the session was begun alone.
// Then it would be no second factor.
func (f *Factor) Repeats(u *User, s *Session) bool {
	shown, err := s.shown()
	if err != nil || Deref(f.Phone) != Deref(u.Phone) {
		return err != nil
	}
	for _, m := range shown {
		if m.Method != MailMethods[CodeSMS] {
			return false
		}
	}
	return true
}

// Place is where the secret of a factor is sealed.
func (f *Factor) Place() string { return "auth_factors " + f.ID.String() }

// Failures is how much of one budget is spent: wrong guesses, and those under way.
// Names are hashed with a key, since people type passwords where names belong.
type Failures struct {
	bun.BaseModel `bun:"table:auth_failures"`
	store.Untracked
	Key       string    `bun:",pk"`
	Count     int64     `bun:",notnull"`
	Since     time.Time `bun:",notnull"` // when counting began
	ExpiresAt time.Time `bun:",notnull"` // from when on nothing is spent
}

// MailTime records when a kind of mail was last requested for an e-mail address, or a text
// message for a number, whether there is an account or not.
type MailTime struct {
	bun.BaseModel `bun:"table:auth_mail_times"`
	store.Untracked
	Subject string    `bun:",pk"` // a keyed hash of kind and address, in hexadecimal
	SentAt  time.Time `bun:",notnull"`
}

// User is an account.
type User struct {
	bun.BaseModel `bun:"table:auth_users"`
	store.Model
	store.Untracked

	Email            *string `bun:",unique"` // canonical, see CanonicalEmail; unique
	EmailConfirmedAt *time.Time
	NewEmail         *string // asked for and not confirmed yet
	Phone            *string `bun:",unique"` // E.164 without the plus; unique
	PhoneConfirmedAt *time.Time
	NewPhone         *string

	PasswordHash      *string `plinth:"secret"`
	PasswordChangedAt *time.Time

	Role         string     `bun:",notnull"`
	AppMetadata  store.JSON `bun:",notnull,type:jsonb"` // of the application, users read it
	UserMetadata store.JSON `bun:",notnull,type:jsonb"` // of the user
	IsAnonymous  bool       `bun:",notnull"`

	Rev int64 `bun:",notnull"` // tokens made of an older one are rejected, see Revocation

	BannedUntil  *time.Time
	RemovedAt    *time.Time // an admin has removed the account and kept the row
	InvitedAt    *time.Time
	LastSignInAt *time.Time

	ConfirmationSentAt     *time.Time
	RecoverySentAt         *time.Time
	EmailChangeSentAt      *time.Time
	PhoneChangeSentAt      *time.Time
	ReauthenticationSentAt *time.Time
	EmailChangeHalf        *string // which of the two addresses of a change has agreed to it

	// Read where they are asked for, see DetailsOf.
	Identities []*Identity `bun:"rel:has-many,join:id=user_id"`
	Factors    []*Factor   `bun:"rel:has-many,join:id=user_id"`
	Roles      []*UserRole `bun:"rel:has-many,join:id=user_id"`
}

// Identity is a way a user is known: by mail, by phone, or to a provider.
type Identity struct {
	bun.BaseModel `bun:"table:auth_identities"`
	store.Model
	store.Untracked

	UserID       store.ID   `bun:",notnull"`
	Provider     string     `bun:",notnull,unique:auth_identities_subject"`
	Issuer       string     `bun:",notnull,unique:auth_identities_subject"` // who vouches for Subject; empty for mail and phone
	Subject      string     `bun:",notnull,unique:auth_identities_subject"` // what the provider calls the user
	Data         store.JSON `bun:",notnull,type:jsonb"`
	Email        *string
	LastSignInAt *time.Time
}

// Session is one login, and the family of refresh tokens it has had.
type Session struct {
	bun.BaseModel `bun:"table:auth_sessions"`
	store.Model
	store.Untracked

	UserID      store.ID   `bun:",notnull"`
	AAL         int64      `bun:"aal,notnull"`
	FactorID    *store.ID  // by which it was begun or raised; nil for a password, a recovery code, ...
	CodeID      *store.ID  // the PKCE code that was exchanged for it; kept when the session is rotated
	Methods     store.JSON `bun:",notnull,type:jsonb"` // amr: how the user has shown who they are
	Counter     int64      `bun:",notnull"`            // of the refresh token that is good
	RefreshedAt time.Time  `bun:",notnull"`
	ExpiresAt   time.Time  `bun:",notnull"`
	EndedAt     *time.Time
	EndedBy     *string // why: sign-out, password, ban, reuse, ...
	UserAgent   string  `bun:",notnull"`
	Address     string  `bun:",notnull"`
	Network     string  `bun:",notnull"` // of Address, as tries are counted
}

// Revocation revokes access tokens on every instance: those of sessions, or those made from a
// revision of a user or a role before the row's ID. It is the only table of the package in the
// change log.
type Revocation struct {
	bun.BaseModel `bun:"table:auth_revocations"`
	ID            int64     `bun:",pk,autoincrement"`
	SessionID     *store.ID // of a session or an API key
	Sessions      []string  `bun:",array,notnull"` // of several sessions
	UserID        store.ID  `bun:",notnull"`       // of the session, or all tokens of a user; zero for a role
	Role          *string   // all tokens with a role
	At            time.Time `bun:",notnull"`
}

// SigningKey is a key that signs access tokens, or did.
type SigningKey struct {
	bun.BaseModel `bun:"table:auth_signing_keys"`
	store.Untracked
	Generation int64     `bun:",pk"` // instances that rotate at once agree on one
	KeyID      string    `bun:",notnull,unique"`
	Sealed     []byte    `bun:",notnull" plinth:"secret"`
	CreatedAt  time.Time `bun:",notnull"`
	SignsFrom  time.Time `bun:",notnull"`
	SignsUntil time.Time `bun:",notnull"`
}

// Event is a line of the audit log.
type Event struct {
	bun.BaseModel `bun:"table:auth_events"`
	store.Untracked
	ID        store.ID  `bun:",pk"`
	At        time.Time `bun:",notnull"`
	Kind      string    `bun:",notnull"`
	UserID    *store.ID
	SessionID *store.ID
	Actor     string     `bun:",notnull"` // who did it, where it was not the user
	Address   string     `bun:",notnull"`
	UserAgent string     `bun:",notnull"`
	Details   store.JSON `bun:",notnull,type:jsonb"`
}

// Models are the tables of the package.
func Models() []any {
	return []any{
		(*User)(nil), (*Identity)(nil), (*Session)(nil), (*Revocation)(nil), (*SigningKey)(nil), (*Event)(nil), (*Code)(nil),
		(*Outgoing)(nil), (*MailTime)(nil), (*Failures)(nil),
		(*Role)(nil), (*UserRole)(nil),
		(*Factor)(nil),
		(*APIKey)(nil),
	}
}

// Outgoing is a mail or a text message that an earlier version has queued. Mails are jobs now, and
// those that wait here are moved there.
type Outgoing struct {
	bun.BaseModel `bun:"table:auth_mails"`
	store.Untracked
	ID        store.ID  `bun:",pk"`
	Sealed    []byte    `bun:",notnull" plinth:"secret"` // a mail
	CreatedAt time.Time `bun:",notnull"`
	ExpiresAt time.Time `bun:",notnull"` // of no use after
	DueAt     time.Time `bun:",notnull"` // when to send it; while one sends, when another may
	Attempts  int64     `bun:",notnull"`
}

// Place is where the mail is sealed.
func (o *Outgoing) Place() string { return "auth_mails " + o.ID.String() }

// Role is a name that users can be given, and the permissions that come with it.
type Role struct {
	bun.BaseModel `bun:"table:auth_roles"`
	store.Untracked
	Name        string     `bun:",pk"`
	Description string     `bun:",notnull"`
	Permissions store.JSON `bun:",notnull,type:jsonb"` // names, sorted
	Rev         int64      `bun:",notnull"`            // see Revocation
	CreatedAt   time.Time  `bun:",notnull"`
	UpdatedAt   time.Time  `bun:",notnull"`
}

// UserRole says that a user has a role.
type UserRole struct {
	bun.BaseModel `bun:"table:auth_user_roles"`
	store.Untracked
	UserID     store.ID `bun:",pk"`
	Role       string   `bun:",pk"`
	Definition *Role    `bun:"rel:belongs-to,join:role=name"`
}
