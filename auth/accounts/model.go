package accounts

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store"
)

// user is an account.
type user struct {
	bun.BaseModel `bun:"table:auth_users"`
	store.Model
	store.Untracked

	Email            *string `bun:",unique"` // canonical, see canonicalEmail; unique
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

	Rev int64 `bun:",notnull"` // tokens made of an older one hold no more, see revocation

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

	// Read where they are asked for, see detailsOf.
	Identities []*identity `bun:"rel:has-many,join:id=user_id"`
	Factors    []*factor   `bun:"rel:has-many,join:id=user_id"`
	Roles      []*userRole `bun:"rel:has-many,join:id=user_id"`
}

// identity is a way a user is known: by mail, by phone, or to a provider.
type identity struct {
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

// session is one login, and the family of refresh tokens it has had.
type session struct {
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

// revocation revokes access tokens on every instance: those of sessions, or those made from a
// revision of a user or a role before the row's ID. It is the only table of the package in the
// change log.
type revocation struct {
	bun.BaseModel `bun:"table:auth_revocations"`
	ID            int64     `bun:",pk,autoincrement"`
	SessionID     *store.ID // of a session or an API key
	Sessions      []string  `bun:",array,notnull"` // of several sessions
	UserID        store.ID  `bun:",notnull"`       // of the session, or all tokens of a user; zero for a role
	Role          *string   // all tokens with a role
	At            time.Time `bun:",notnull"`
}

// signingKey is a key that signs access tokens, or did.
type signingKey struct {
	bun.BaseModel `bun:"table:auth_signing_keys"`
	store.Untracked
	Generation int64     `bun:",pk"` // instances that rotate at once agree on one
	KeyID      string    `bun:",notnull,unique"`
	Sealed     []byte    `bun:",notnull" plinth:"secret"`
	CreatedAt  time.Time `bun:",notnull"`
	SignsFrom  time.Time `bun:",notnull"`
	SignsUntil time.Time `bun:",notnull"`
}

// event is a line of the audit log.
type event struct {
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

// models are the tables of the package.
func models() []any {
	return []any{
		(*user)(nil), (*identity)(nil), (*session)(nil), (*revocation)(nil), (*signingKey)(nil), (*event)(nil), (*code)(nil),
		(*outgoing)(nil), (*mailTime)(nil), (*failures)(nil),
		(*role)(nil), (*userRole)(nil),
		(*factor)(nil),
		(*apiKey)(nil),
	}
}
