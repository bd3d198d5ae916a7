package plinth

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// rotateMasterKeyCommand encrypts the secrets of accounts with the current master key, so that an
// old one can be removed. It may run beside serving instances.
func (a *App) rotateMasterKeyCommand(ctx context.Context, args []string, out io.Writer) error {
	if err := noArguments("rotate-master-key", args); err != nil {
		return err
	}
	if a.config.DisableAccounts {
		return errors.New("plinth: accounts are disabled, so there are no secrets to encrypt (DisableAccounts, PLINTH_DISABLE_ACCOUNTS)")
	}
	if _, err := a.register(); err != nil {
		return err
	}
	if err := a.verifySchema(ctx); err != nil {
		return err
	}
	known, err := a.access.open(ctx, a.db, a.config)
	if err != nil {
		return err
	}
	n, err := known.RotateMasterKey(ctx)
	fmt.Fprintf(out, "%d secrets encrypted with the first of PLINTH_MASTER_KEYS\n", n)
	return err
}
