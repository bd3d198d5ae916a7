package accounts

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/store"
)

// RotateMasterKey seals again, with the first of [Config.MasterKeys], the long-lived secrets in the
// database: those of authenticator apps and the keys that sign tokens. It returns how many
// there were. Secrets that none of the keys opens stay as they are and are reported by the
// error. Everything else is sealed. RotateMasterKey may run beside instances that serve, once all of
// them have the new key in front. It can be run again after an interruption.
//
// To change a master key, do each step on every instance before the next one. Put the new key
// behind the old one, so that all instances can read with it. Put it in front. Run RotateMasterKey, or
// the command rotate-master-key of [App.Main]. Remove the old key a day later, when mails and logins in
// progress are done. Sessions that were not refreshed since the new key was in front end then,
// and so do those of older cookies: with [Config.Cookies] keep the old key for SessionLife.
// [Limits] are counted from zero with a new key in front, and separately for each key while
// instances differ.
//
// [App.Main]: https://pkg.go.dev/github.com/seed-7694ebf6/plinth#App.Main
func (a *Accounts) RotateMasterKey(ctx context.Context) (n int, err error) {
	keys, errKeys := reencrypt(ctx, a, "signing keys", store.True(), "generation",
		func(k *data.SigningKey) (int64, string, []byte) {
			return k.Generation, session.SealedKey(k.KeyID), k.Sealed
		})
	factors, errFactors := reencrypt(ctx, a, "authenticator apps", store.Eq("type", data.FactorTOTP), "id",
		func(f *data.Factor) (store.ID, string, []byte) { return f.ID, f.Place(), f.Sealed })
	return keys + factors, errors.Join(errKeys, errFactors)
}

const rotateBatch = 500

// reencrypt seals the rows of a table, which what names in an error. The sealed value of a row never changes, so concurrent runs
// do no harm.
func reencrypt[T, K any](ctx context.Context, a *Accounts, what string, which store.Cond, key string, look func(*T) (id K, place string, sealed []byte)) (n int, err error) {
	rows, lost := store.For[T](a.db), 0
	query := store.Query{Where: which, Order: []store.Order{{Column: key}}, Limit: store.Limit(rotateBatch)}
	for {
		batch, err := rows.List(ctx, query)
		if err != nil {
			return n, err
		}
		for _, row := range batch {
			id, place, sealed := look(row)
			again, err := a.keys.Reencrypt(place, sealed)
			switch {
			case err != nil:
				lost++
			case again != nil:
				if _, err := rows.PatchWhere(ctx, store.Eq(key, id), store.SetTo("sealed", again)); err != nil {
					return n, err
				}
				n++
			}
		}
		if len(batch) < rotateBatch {
			break
		}
		last, _, _ := look(batch[len(batch)-1])
		query.Where = store.And(which, store.Compare(key, store.OpGt, last))
	}
	if lost > 0 {
		return n, fmt.Errorf("accounts: %d %s cannot be decrypted with any of the MasterKeys: keep the key that they were encrypted with", lost, what)
	}
	return n, nil
}
