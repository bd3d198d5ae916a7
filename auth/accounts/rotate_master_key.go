package accounts

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
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
	n, lost, errKeys := data.ReencryptKeys(ctx, a.db, a.keys.Reencrypt)
	apps, lostApps, errApps := data.ReencryptApps(ctx, a.db, a.keys.Reencrypt)
	return n + apps, errors.Join(errKeys, errLost(lost, "signing keys"), errApps, errLost(lostApps, "authenticator apps"))
}

// errLost reports secrets that none of the keys has encrypted.
func errLost(n int, what string) error {
	if n == 0 {
		return nil
	}
	return fmt.Errorf("accounts: %d %s cannot be decrypted with any of the MasterKeys: keep the key that they were encrypted with", n, what)
}
