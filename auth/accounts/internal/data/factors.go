package data

import (
	"context"
	"errors"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// FactorsOf returns the factors of a user, oldest first.
func FactorsOf(ctx context.Context, s store.Session, id store.ID) ([]*Factor, error) {
	q := factorsByAge
	q.Where = factorUserID.Eq(id)
	return store.For[Factor](s).List(ctx, q)
}

// FactorOf returns one factor of a user.
func FactorOf(ctx context.Context, s store.Session, id store.ID, text string) (*Factor, error) {
	key, err := store.ParseID(text)
	if err != nil {
		return nil, &problem.Error{Code: problem.AuthMFAFactorNotFound}
	}
	f, err := store.For[Factor](s).First(ctx, store.Query{Where: store.And(factorID.Eq(key), factorUserID.Eq(id))})
	if errors.Is(err, store.ErrNotFound) {
		return nil, &problem.Error{Code: problem.AuthMFAFactorNotFound}
	}
	return f, err
}

// Verified counts the factors that a user can be asked for.
func Verified(factors []*Factor) (n int) {
	for _, f := range factors {
		if f.Status == FactorVerified {
			n++
		}
	}
	return n
}

// Handle is the user's id for passkeys. Only the user sees it.
func (u *User) Handle() []byte { return u.ID[:] }

// Credentials are those of the passkeys among factors.
func Credentials(factors []*Factor) (out [][]byte) {
	for _, f := range factors {
		if f.CredentialID != nil {
			out = append(out, []byte(f.Credential))
		}
	}
	return out
}

// FactorsAmong reads the factors of several users, the oldest first.
func FactorsAmong(ctx context.Context, s store.Session, users []store.ID) ([]*Factor, error) {
	return store.For[Factor](s).List(ctx, store.Query{Where: factorUserID.In(users...), Order: []store.Order{factorCreatedAt.Asc()}})
}

// HasSecondFactor reports whether a user has a verified factor.
func HasSecondFactor(ctx context.Context, s store.Session, user store.ID) (bool, error) {
	n, err := store.For[Factor](s).Count(ctx, store.And(factorUserID.Eq(user), factorStatus.Eq(FactorVerified)))
	return n > 0, err
}

// HasOther reports whether the user of a factor has another verified one.
func HasOther(ctx context.Context, s store.Session, f *Factor) (bool, error) {
	n, err := store.For[Factor](s).Count(ctx, store.And(factorUserID.Eq(f.UserID), factorStatus.Eq(FactorVerified), factorID.Ne(f.ID)))
	return n > 0, err
}

// HasPhone reports whether a factor of a user is a phone number.
func HasPhone(ctx context.Context, s store.Session, user store.ID, phone string) (bool, error) {
	n, err := store.For[Factor](s).Count(ctx, store.And(factorUserID.Eq(user), factorPhone.Eq(&phone)))
	return n > 0, err
}

// ByCredential finds the passkey with a credential.
func ByCredential(ctx context.Context, s store.Session, id []byte) (*Factor, error) {
	return store.For[Factor](s).First(ctx, store.Query{Where: factorCredentialID.Eq(id)})
}

// DropStale deletes the factors of a user that have waited too long for their first use.
func DropStale(ctx context.Context, tx *store.Tx, user store.ID, now time.Time) error {
	return remove[Factor](ctx, tx, store.And(factorUserID.Eq(user), factorWaitsUntil.Lte(&now)))
}

// DropWaiting deletes the unverified factors of a user of one type.
func DropWaiting(ctx context.Context, tx *store.Tx, user store.ID, kind FactorType) error {
	return remove[Factor](ctx, tx, store.And(factorUserID.Eq(user), factorType.Eq(kind), factorStatus.Eq(FactorUnverified)))
}

// DropWaitingPhone deletes the unverified factor of a user that is a phone number.
func DropWaitingPhone(ctx context.Context, tx *store.Tx, user store.ID, phone string) error {
	return remove[Factor](ctx, tx, store.And(factorUserID.Eq(user), factorPhone.Eq(&phone), factorStatus.Eq(FactorUnverified)))
}

// DropFactors deletes all factors of a user.
func DropFactors(ctx context.Context, tx *store.Tx, user store.ID) error {
	return remove[Factor](ctx, tx, factorUserID.Eq(user))
}

// DeleteFactor deletes a factor.
func DeleteFactor(ctx context.Context, tx *store.Tx, id store.ID) error {
	return store.For[Factor](tx).Delete(ctx, id)
}

// patchFactor sets columns of the factors that a condition selects, and reports whether there was
// one.
func patchFactor(ctx context.Context, tx *store.Tx, which store.Cond, sets ...store.Set) (bool, error) {
	n, err := store.For[Factor](tx).PatchWhere(ctx, which, sets...)
	return n == 1, err
}

// RecordChallenge records when a factor was last asked for.
func RecordChallenge(ctx context.Context, tx *store.Tx, id store.ID, now time.Time) error {
	_, err := patchFactor(ctx, tx, factorID.Eq(id), factorLastChallengedAt.To(&now))
	return err
}

// RenameFactor gives a factor another name.
func RenameFactor(ctx context.Context, tx *store.Tx, id store.ID, name string) error {
	_, err := patchFactor(ctx, tx, factorID.Eq(id), factorFriendlyName.To(name))
	return err
}

// VerifyPhone records that a phone was used, and reports whether it still exists.
func VerifyPhone(ctx context.Context, tx *store.Tx, id store.ID, now time.Time) (bool, error) {
	return patchFactor(ctx, tx, factorID.Eq(id), factorLastUsedAt.To(&now), factorStatus.To(FactorVerified), factorWaitsUntil.To(nil))
}

// VerifyApp records the step of a code that was used. It reports whether the step is new: of
// several concurrent requests with a code one succeeds.
func VerifyApp(ctx context.Context, tx *store.Tx, id store.ID, step int64, now time.Time) (bool, error) {
	return patchFactor(ctx, tx, store.And(factorID.Eq(id), factorLastStep.Lt(step)),
		factorLastStep.To(step), factorLastUsedAt.To(&now), factorStatus.To(FactorVerified), factorWaitsUntil.To(nil))
}

// UsePasskey records that a passkey was used, with its credential from now on, and reports
// whether it still exists.
func UsePasskey(ctx context.Context, tx *store.Tx, id store.ID, credential []byte, now time.Time) (bool, error) {
	return patchFactor(ctx, tx, factorID.Eq(id), factorCredential.To(store.JSON(credential)), factorLastUsedAt.To(&now))
}

// KeepCredential makes an unverified factor the passkey of a credential, and reports whether it
// still exists.
func KeepCredential(ctx context.Context, tx *store.Tx, id store.ID, credentialID, credential []byte, now time.Time) (bool, error) {
	return patchFactor(ctx, tx, store.And(factorID.Eq(id), factorStatus.Eq(FactorUnverified)),
		factorCredentialID.To(credentialID), factorCredential.To(store.JSON(credential)), factorLastUsedAt.To(&now),
		factorStatus.To(FactorVerified), factorWaitsUntil.To(nil))
}
