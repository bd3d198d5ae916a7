package plinth

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/store/migrate"
)

// Migrations adds the migrations of the application and of packages it uses. They run in
// this order, after the library's own. SchemaAuto applies them at start, SchemaVerify
// requires that they are applied. Call it before Run, Handler or Main.
func (a *App) Migrations(sources ...migrate.Source) { a.migrations = append(a.migrations, sources...) }

// migrateCommand runs a command of migrations.
func (a *App) migrateCommand(ctx context.Context, args []string, out io.Writer) error {
	name := ""
	if len(args) > 0 {
		name, args = args[0], args[1:]
	}
	line := ""
	if name == "baseline" {
		if len(args) == 0 {
			return &usageError{"migrate baseline: want the line to record as applied"}
		}
		if !strings.HasPrefix(args[0], "-") {
			line, args = args[0], args[1:]
		}
	}
	run, ok := map[string]func(context.Context, io.Writer) error{
		"up": a.migrateUp, "status": a.migrateStatus, "diff": a.migrateDiff, "verify": a.migrateVerify,
		"baseline": func(ctx context.Context, out io.Writer) error { return a.migrateBaseline(ctx, line, out) },
	}[name]
	if !ok {
		if asksHelp(name) {
			return flag.ErrHelp
		}
		return &usageError{fmt.Sprintf("migrate: want up, status, diff, verify or baseline, not %q", name)}
	}
	if err := noArguments("migrate "+name, args); err != nil {
		return err
	}
	if _, err := a.register(); err != nil {
		return err
	}
	return run(ctx, out)
}

// migrateUp applies the pending migrations and prints them, also those before a failure.
func (a *App) migrateUp(ctx context.Context, out io.Writer) error {
	m, err := migrate.New(a.db, a.migrations...)
	if err != nil {
		return err
	}
	applied, err := m.Up(ctx)
	printDone(out, "applied", applied, err)
	return a.orBaseline(ctx, err)
}

// migrateBaseline records what is pending of a line.
func (a *App) migrateBaseline(ctx context.Context, line string, out io.Writer) error {
	m, err := migrate.New(a.db, a.migrations...)
	if err != nil {
		return err
	}
	recorded, err := m.Baseline(ctx, line)
	printDone(out, "recorded, not run:", recorded, err)
	return err
}

// printDone prints each finished migration, and a note if there were none and no error.
func printDone(out io.Writer, what string, done []migrate.Migration, err error) {
	for _, one := range done {
		fmt.Fprintln(out, what, one)
	}
	if err == nil && len(done) == 0 {
		fmt.Fprintln(out, "nothing is pending")
	}
}

// orBaseline adds a hint to the error of a failed migration if the database already has
// what the migration creates.
func (a *App) orBaseline(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	pending, errPending := a.pending(ctx)
	if errPending != nil || len(pending) == 0 || !slices.ContainsFunc(a.migrations, func(s migrate.Source) bool { return s.Line == pending[0].Line }) {
		return err
	}
	return fmt.Errorf("%w\nif development has already made these changes, \"migrate baseline %s\" records it as applied", err, pending[0].Line)
}

func (a *App) migrateStatus(ctx context.Context, out io.Writer) error {
	m, err := migrate.New(a.db, a.migrations...)
	if err != nil {
		return err
	}
	list, err := m.Status(ctx)
	for _, one := range list {
		state := "pending"
		if !one.AppliedAt.IsZero() {
			state = one.AppliedAt.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(out, "%-20s  %s\n", state, one)
	}
	return err
}

// migrateDiff prints the SQL that adds what the models have and the database lacks. It
// fails if migrations are pending, since the diff would repeat their changes.
func (a *App) migrateDiff(ctx context.Context, out io.Writer) error {
	pending, err := a.pending(ctx)
	if err != nil {
		return err
	}
	if len(pending) > 0 {
		return fmt.Errorf("migrate diff: %s is pending: run \"migrate up\" first, or the diff would repeat its changes", pending[0])
	}
	plan, err := migrate.Diff(ctx, a.db)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, plan.String())
	return err
}

func (a *App) migrateVerify(ctx context.Context, out io.Writer) error {
	if err := a.verifySchema(ctx); err != nil {
		return err
	}
	fmt.Fprintln(out, "the database has what the program needs")
	return nil
}

// verifySchema is migrate.Verify with the name of the command to run in its error.
func (a *App) verifySchema(ctx context.Context) error {
	err := migrate.Verify(ctx, a.db, a.migrations...)
	if _, differs := errors.AsType[*migrate.SchemaError](err); !differs {
		return err
	}
	switch pending, errPending := a.pending(ctx); {
	case errPending != nil:
		return errors.Join(err, errPending)
	case len(pending) > 0:
		return fmt.Errorf("%w\n\"migrate up\" applies what is pending", err)
	}
	return fmt.Errorf("%w\n\"migrate diff\" prints what is missing as SQL, for the next migration", err)
}

// pending returns the migrations that are not applied yet.
func (a *App) pending(ctx context.Context) ([]migrate.Migration, error) {
	m, err := migrate.New(a.db, a.migrations...)
	if err != nil {
		return nil, err
	}
	return m.DryRun(ctx)
}
