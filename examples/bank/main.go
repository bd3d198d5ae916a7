// Bank is an online bank: accounts with a double-entry ledger, transfers with limits and a
// second factor, scheduled transfers, and pages for customers and staff. See README.md.
//
//	go run ./examples/bank seed && go run ./examples/bank
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	config := plinth.FromEnv()
	config.DatabaseURL = cmp.Or(config.DatabaseURL, "bank.db")
	b, err := newBank(ctx, config)
	if err != nil {
		log.Fatal(err)
	}
	if code, ours := b.command(ctx, os.Args[1:]); ours {
		os.Exit(code)
	}
	os.Exit(b.app.Main(ctx, os.Args[1:]))
}

// command runs a command of the bank itself: seed, check, or code KEY.
func (b *bank) command(ctx context.Context, args []string) (exit int, ours bool) {
	var err error
	switch {
	case len(args) == 1 && args[0] == "seed":
		err = b.seed(ctx, os.Stdout)
	case len(args) == 1 && args[0] == "check":
		if err = CheckLedger(ctx, b.app.DB()); err == nil {
			fmt.Println("Every account has the balance of its entries, and all balances sum to zero.")
		}
	case len(args) == 2 && args[0] == "code":
		var code string
		if code, err = codeOf(args[1], time.Now()); err == nil {
			fmt.Println(code)
		}
	default:
		return 0, false
	}
	if err = errors.Join(err, b.app.DB().Close()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1, true
	}
	return 0, true
}

// bank is the application.
type bank struct {
	app      *plinth.App
	schedule *scheduler
}

// newBank returns the application, for main and for tests.
func newBank(ctx context.Context, config plinth.Config) (*bank, error) {
	config.Accounts.Cookies = true       // pages have no tokens
	config.Accounts.DisableSignup = true // the bank makes accounts
	app, err := plinth.New(ctx, config)
	if err != nil {
		return nil, err
	}
	b := &bank{app: app, schedule: newScheduler(app.DB(), app.Jobs())}
	app.Migrations(schema())
	app.Add(resources()...)
	app.Prepare(func(ctx context.Context) error {
		return app.Accounts().SaveRole(ctx, accounts.Role{Name: staffRole, Description: "staff of the bank"})
	})
	app.Background("audit", func(ctx context.Context) error { return auditLog(app.DB()).Run(ctx, writeEvents) })
	app.Cron("schedules", "0 * * * *", b.schedule.enqueueDue)
	app.Cron("ledger.check", "@daily", func(ctx context.Context, _ time.Time) error { return CheckLedger(ctx, app.DB()) })
	return b, b.addPages()
}
