package data

import (
	"context"
	"errors"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/store"
)

// Details are what a user has in other tables and what tokens and answers tell of.
type Details struct {
	Rights     Rights
	Identities []*Identity // oldest first
	Factors    []*Factor   // oldest first
}

var oldestFirst = store.Query{Order: []store.Order{{Column: "created_at"}, {Column: "id"}}}

// DetailsOf reads them by one statement. A deleted user has none.
func DetailsOf(ctx context.Context, s store.Session, id store.ID) (has Details, err error) {
	u, err := store.For[User](s).First(ctx, store.Query{
		Where: store.Eq("id", id), Select: []store.Selected{{Column: "id"}},
		With: []store.Embed{
			{Relation: "identities", Query: oldestFirst}, {Relation: "factors", Query: oldestFirst}, {Relation: "roles", Query: rolesByName},
		},
	})
	if errors.Is(err, store.ErrNotFound) {
		return has, nil
	}
	if err != nil {
		return has, err
	}
	has.Identities, has.Factors = u.Identities, u.Factors
	has.Rights, err = rightsIn(u.Roles)
	return has, err
}

// DropChange ends a change of address or number that is under way.
func DropChange(ctx context.Context, tx *store.Tx, u *User) error {
	u.NewEmail, u.EmailChangeHalf, u.NewPhone = nil, nil, nil // callers go on with the user
	_, err := store.For[User](tx).PatchWhere(ctx, store.Eq("id", u.ID),
		store.SetTo("new_email", nil), store.SetTo("email_change_half", nil), store.SetTo("new_phone", nil))
	return err
}

// Locale returns the language a user has asked for, the member locale of their
// metadata (as of OpenID Connect Core section 5.1), empty without one.
func (u *User) Locale() string {
	var metadata struct {
		Locale any `json:"locale"`
	}
	if u.UserMetadata.Decode(&metadata) != nil {
		return ""
	}
	tag, _ := metadata.Locale.(string)
	return LanguageTag(tag)
}

// LanguageTag returns a text that can be a BCP 47 tag, and otherwise nothing.
func LanguageTag(text string) string {
	if len(text) > 35 {
		return ""
	}
	for _, c := range []byte(text) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return ""
		}
	}
	return text
}

// ChangerOf finds the user who changes a number, or changes to it: the last one to ask.
func ChangerOf(ctx context.Context, s store.Session, at Contact) (*User, error) {
	users, err := store.For[User](s).List(ctx, store.Query{
		Where: store.And(store.Or(store.Eq("phone", at.Phone), store.Eq("new_phone", at.Phone)), store.Not(store.Null("new_phone"))),
		Order: []store.Order{{Column: "phone_change_sent_at", Desc: true}}, Limit: store.Limit(1),
	})
	if err != nil || len(users) == 0 {
		return nil, err
	}
	return users[0], nil
}

// Belongings are the tables with rows of a user, which go with them. The audit log
// stays, and so do revocations, which tokens that are still about need.
var Belongings = []func(context.Context, *store.Tx, store.ID) error{
	RemoveOf[Identity], RemoveOf[Session], RemoveOf[Code], RemoveOf[Factor], RemoveOf[UserRole], RemoveOf[APIKey],
}

// RemoveOf deletes the rows of a user.
func RemoveOf[T any](ctx context.Context, tx *store.Tx, user store.ID) error {
	_, err := store.For[T](tx).DeleteWhere(ctx, store.Eq("user_id", user))
	return err
}

// ByEmail finds the user with a canonical address.
func ByEmail(ctx context.Context, s store.Session, email string) (*User, error) {
	return At(ctx, s, Contact{Email: email})
}

// UserByID finds the user with an id.
func UserByID(ctx context.Context, s store.Session, id store.ID) (*User, error) {
	u, err := store.For[User](s).Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fail.ErrUserUnknown
	}
	return u, err
}

func SameText(column string, value *string) store.Cond {
	if value == nil {
		return store.Null(column)
	}
	return store.Eq(column, *value)
}
