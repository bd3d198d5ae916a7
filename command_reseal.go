package plinth

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// resealCommand seals the secrets of accounts anew, so that an old master key may go. It
// may run beside instances that serve.
func (a *App) resealCommand(ctx context.Context, args []string, out io.Writer) error {
	if err := noArguments("reseal", args); err != nil {
		return err
	}
	if a.config.DisableAccounts {
		return errors.New("plinth: there are no accounts whose secrets could be sealed (DisableAccounts, PLINTH_DISABLE_ACCOUNTS)")
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
	n, err := known.Reseal(ctx)
	fmt.Fprintf(out, "%d sealed anew with the first of PLINTH_MASTER_KEYS\n", n)
	return err
}
