package data

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// Details are what a user has in other tables and what tokens and answers tell of.
type Details struct {
	Rights     Rights
	Identities []*Identity // oldest first
	Factors    []*Factor   // oldest first
}

// The oldest first, as tokens and answers have them.
var (
	identitiesByAge = store.Query{Order: []store.Order{identityCreatedAt.Asc(), identityID.Asc()}}
	factorsByAge    = store.Query{Order: []store.Order{factorCreatedAt.Asc(), factorID.Asc()}}
)

// DetailsOf reads them by one statement. A deleted user has none.
func DetailsOf(ctx context.Context, s store.Session, id store.ID) (has Details, err error) {
	u, err := store.For[User](s).First(ctx, store.Query{
		Where: userID.Eq(id), Select: []string{"id"},
		With: []store.Embed{
			{Relation: "identities", Query: identitiesByAge}, {Relation: "factors", Query: factorsByAge}, {Relation: "roles", Query: rolesByName},
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
	return patchUser(ctx, tx, u.ID, userNewEmail.To(nil), userEmailChangeHalf.To(nil), userNewPhone.To(nil))
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
		Where: store.And(store.Or(userPhone.Eq(&at.Phone), userNewPhone.Eq(&at.Phone)), store.Not(userNewPhone.Null())),
		Order: []store.Order{userPhoneChangeSentAt.Desc()}, Limit: store.Limit(1),
	})
	if err != nil || len(users) == 0 {
		return nil, err
	}
	return users[0], nil
}

// RemoveBelongings deletes the rows of a user in other tables. The audit log stays, and so do
// revocations: access tokens that are still valid need them.
func RemoveBelongings(ctx context.Context, tx *store.Tx, user store.ID) error {
	for _, drop := range []func() error{
		func() error { return DropIdentities(ctx, tx, user) },
		func() error { return remove[Session](ctx, tx, sessionUserID.Eq(user)) },
		func() error { return remove[Code](ctx, tx, codeUserID.Eq(&user)) },
		func() error { return DropFactors(ctx, tx, user) },
		func() error { return RemoveRoles(ctx, tx, user) },
		func() error { return remove[APIKey](ctx, tx, apiKeyUserID.Eq(&user)) },
	} {
		if err := drop(); err != nil {
			return err
		}
	}
	return nil
}

// ByEmail finds the user with a canonical address.
func ByEmail(ctx context.Context, s store.Session, email string) (*User, error) {
	return At(ctx, s, Contact{Email: email})
}

// UserByID finds the user with an id.
func UserByID(ctx context.Context, s store.Session, id store.ID) (*User, error) {
	u, err := GetUser(ctx, s, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fail.ErrUserUnknown
	}
	return u, err
}

// GetUser reads a user by its id.
func GetUser(ctx context.Context, s store.Session, id store.ID) (*User, error) {
	return store.For[User](s).Get(ctx, id)
}

// ListUsers reads a page of the users with a text in their e-mail address, the newest first, and
// counts all of them.
func ListUsers(ctx context.Context, s store.Session, contains string, p Paging) (users []*User, total int64, err error) {
	where := store.True()
	if contains != "" {
		where = store.Compare("email", query.OpLike, "%"+escapeLike(strings.ToLower(contains))+"%")
	}
	rows := store.For[User](s)
	if total, err = rows.Count(ctx, where); err != nil {
		return nil, 0, err
	}
	users, err = rows.List(ctx, store.Query{Where: where, Order: []store.Order{userCreatedAt.Desc()}, Limit: &p.Size, Offset: p.Offset()})
	return users, total, err
}

// Claimants reads the users who change their contact to one, the last ones to ask first.
func Claimants(ctx context.Context, s store.Session, at Contact, most int) ([]*User, error) {
	asked, newest := userNewEmail.Eq(&at.Email), userEmailChangeSentAt.Desc()
	if at.Phone != "" {
		asked, newest = userNewPhone.Eq(&at.Phone), userPhoneChangeSentAt.Desc()
	}
	return store.For[User](s).List(ctx, store.Query{Where: asked, Order: []store.Order{newest}, Limit: &most})
}

// UsersAmong reads the users with one of some ids, e-mail addresses or phone numbers.
func UsersAmong(ctx context.Context, s store.Session, ids []store.ID, emails, phones []*string) ([]*User, error) {
	return store.For[User](s).List(ctx, store.Query{Where: store.Or(userID.In(ids...), userEmail.In(emails...), userPhone.In(phones...))})
}

// EmailTaken reports whether an account has an e-mail address.
func EmailTaken(ctx context.Context, s store.Session, email *string) (bool, error) {
	n, err := store.For[User](s).Count(ctx, userEmail.Eq(email))
	return n > 0, err
}

// DeleteUser deletes a user.
func DeleteUser(ctx context.Context, tx *store.Tx, id store.ID) error {
	return store.For[User](tx).Delete(ctx, id)
}

// SaveUser writes a user as a whole.
func SaveUser(ctx context.Context, tx *store.Tx, u *User) error {
	return store.For[User](tx).Save(ctx, u)
}

// patchUser sets columns of a user.
func patchUser(ctx context.Context, tx *store.Tx, id store.ID, sets ...store.Set) error {
	_, err := store.For[User](tx).PatchWhere(ctx, userID.Eq(id), sets...)
	return err
}

// WriteRev writes the revision of a user.
func WriteRev(ctx context.Context, tx *store.Tx, u *User) error {
	return patchUser(ctx, tx, u.ID, userRev.To(u.Rev))
}

// WriteMetadata writes both metadata of a user.
func WriteMetadata(ctx context.Context, tx *store.Tx, u *User) error {
	return patchUser(ctx, tx, u.ID, userAppMetadata.To(u.AppMetadata), userUserMetadata.To(u.UserMetadata))
}

// WriteUserMetadata writes the metadata that belong to a user.
func WriteUserMetadata(ctx context.Context, tx *store.Tx, u *User) error {
	return patchUser(ctx, tx, u.ID, userUserMetadata.To(u.UserMetadata))
}

// WriteContacts writes the contacts of a user, and what depends on them.
func WriteContacts(ctx context.Context, tx *store.Tx, u *User) error {
	return patchUser(ctx, tx, u.ID, userEmail.To(u.Email), userEmailConfirmedAt.To(u.EmailConfirmedAt), userNewEmail.To(u.NewEmail),
		userPhone.To(u.Phone), userPhoneConfirmedAt.To(u.PhoneConfirmedAt), userNewPhone.To(u.NewPhone),
		userEmailChangeHalf.To(u.EmailChangeHalf), userIsAnonymous.To(u.IsAnonymous), userAppMetadata.To(u.AppMetadata))
}

// WriteJoined writes what a user gains by an identity: metadata, an account and an e-mail address.
func WriteJoined(ctx context.Context, tx *store.Tx, u *User) error {
	return patchUser(ctx, tx, u.ID, userUserMetadata.To(u.UserMetadata), userAppMetadata.To(u.AppMetadata), userIsAnonymous.To(u.IsAnonymous),
		userEmail.To(u.Email), userEmailConfirmedAt.To(u.EmailConfirmedAt))
}

// WriteUnlinked writes what a user may lose with an identity: contacts and password.
func WriteUnlinked(ctx context.Context, tx *store.Tx, u *User) error {
	return patchUser(ctx, tx, u.ID, userEmail.To(u.Email), userEmailConfirmedAt.To(u.EmailConfirmedAt), userAppMetadata.To(u.AppMetadata),
		userPhone.To(u.Phone), userPhoneConfirmedAt.To(u.PhoneConfirmedAt), userPasswordHash.To(u.PasswordHash), userPasswordChangedAt.To(u.PasswordChangedAt))
}

// ReleaseContact takes a contact from a user, and writes app_metadata.
func ReleaseContact(ctx context.Context, tx *store.Tx, u *User, at Contact) error {
	return patchUser(ctx, tx, u.ID, at.cleared(), userAppMetadata.To(u.AppMetadata))
}

// BeginEmailChange records the e-mail address that a user asks for. No address has agreed yet.
func BeginEmailChange(ctx context.Context, tx *store.Tx, id store.ID, email string) error {
	return patchUser(ctx, tx, id, userNewEmail.To(&email), userEmailChangeHalf.To(nil))
}

// BeginPhoneChange records the phone number that a user asks for.
func BeginPhoneChange(ctx context.Context, tx *store.Tx, id store.ID, phone string) error {
	return patchUser(ctx, tx, id, userNewPhone.To(&phone))
}

// AgreeHalf records which of the two addresses of a change has agreed to it.
func AgreeHalf(ctx context.Context, tx *store.Tx, id store.ID, half string) error {
	return patchUser(ctx, tx, id, userEmailChangeHalf.To(&half))
}

// Restart gives an unconfirmed account the password and the metadata of a new sign-up.
func Restart(ctx context.Context, tx *store.Tx, id store.ID, hash *string, now time.Time, metadata store.JSON) error {
	return patchUser(ctx, tx, id, userPasswordHash.To(hash), userPasswordChangedAt.To(&now), userUserMetadata.To(metadata))
}

// ForgetSignUp removes the password and the metadata of a sign-up.
func ForgetSignUp(ctx context.Context, tx *store.Tx, id store.ID) error {
	return patchUser(ctx, tx, id, userPasswordHash.To(nil), userUserMetadata.To("{}"))
}

// MarkInvited records an invitation. With metadata it replaces those of the account and removes
// its password.
func MarkInvited(ctx context.Context, tx *store.Tx, id store.ID, now time.Time, metadata *store.JSON) (*User, error) {
	sets := []store.Set{userInvitedAt.To(&now)}
	if metadata != nil {
		sets = append(sets, userPasswordHash.To(nil), userPasswordChangedAt.To(nil), userUserMetadata.To(*metadata))
	}
	return store.For[User](tx).Patch(ctx, id, sets...)
}

// Evict removes password, metadata and the other contact of a user who has proved one.
func Evict(ctx context.Context, tx *store.Tx, u *User, at Contact) error {
	u.PasswordHash, u.PasswordChangedAt, u.UserMetadata = nil, nil, "{}"
	other := userPhone.To(nil)
	if at.Phone != "" {
		u.Email, other = nil, userEmail.To(nil)
	} else {
		u.Phone = nil
	}
	return patchUser(ctx, tx, u.ID, userPasswordHash.To(nil), userPasswordChangedAt.To(nil), userUserMetadata.To(u.UserMetadata), other)
}

// Anonymize removes everything personal from the row of a removed user.
func Anonymize(ctx context.Context, tx *store.Tx, id store.ID, now time.Time) error {
	return patchUser(ctx, tx, id, userRemovedAt.To(&now), userEmail.To(nil), userNewEmail.To(nil), userPhone.To(nil), userNewPhone.To(nil),
		userPasswordHash.To(nil), userRole.To(Audience), userAppMetadata.To("{}"), userUserMetadata.To("{}"))
}

// RecordSent records when a kind of mail or message was sent to a user.
func RecordSent(ctx context.Context, tx *store.Tx, id store.ID, kind CodeKind, now time.Time) error {
	column := userConfirmationSentAt
	switch kind {
	case CodeMagicLink, CodeReset, CodeSMS:
		column = userRecoverySentAt
	case CodeEmailOld, CodeEmailNew:
		column = userEmailChangeSentAt
	case CodeReauth:
		column = userReauthenticationSentAt
	case CodePhone:
		column = userPhoneChangeSentAt
	}
	return patchUser(ctx, tx, id, column.To(&now))
}

// Rehash replaces the password hash of a user with a better one. It reports whether the hash was
// still the one that u has.
func Rehash(ctx context.Context, s store.Session, u *User, hash string) (bool, error) {
	n, err := store.For[User](s).PatchWhere(ctx, store.And(userID.Eq(u.ID), userPasswordHash.Eq(u.PasswordHash)), userPasswordHash.To(&hash))
	return n == 1, err
}

// ReplacePassword replaces the password hash that was seen, nil for none. It reports whether
// there was no other.
func ReplacePassword(ctx context.Context, tx *store.Tx, id store.ID, seen *string, hash string, now time.Time) (bool, error) {
	which := store.And(userID.Eq(id), same(userPasswordHash, seen))
	n, err := store.For[User](tx).PatchWhere(ctx, which, userPasswordHash.To(&hash), userPasswordChangedAt.To(&now))
	return n > 0, err
}

// RecordSignIn records a login of a user who may log in and has the password and the contacts
// that u has. It reports whether there was one, and locks the user.
func RecordSignIn(ctx context.Context, tx *store.Tx, u *User, now time.Time) (bool, error) {
	asShown := store.And(
		userID.Eq(u.ID), same(userPasswordHash, u.PasswordHash), same(userEmail, u.Email), same(userPhone, u.Phone),
		userRemovedAt.Null(), store.Or(userBannedUntil.Null(), userBannedUntil.Lte(&now)),
	)
	n, err := store.For[User](tx).PatchWhere(ctx, asShown, userLastSignInAt.To(&now))
	return n > 0, err
}

// same selects the rows where a column has a value, nil for NULL.
func same[T any](column store.Col[T, *string], value *string) store.Cond {
	if value == nil {
		return column.Null()
	}
	return column.Eq(value)
}

// escapeLike makes a text stand for itself in a pattern.
func escapeLike(text string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text)
}
