package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
)

// Schema is the schema of a database and the migrations that make it. Its errors name the
// command to run.
type Schema struct {
	DB      *store.DB
	Sources []migrate.Source
}

// Auto changes the schema to that of the models, for development. It returns the changes
// that need a hand-written migration.
func (s *Schema) Auto(ctx context.Context) (manual []string, err error) {
	plan, err := migrate.Auto(ctx, s.DB, s.Sources...)
	if err != nil {
		return nil, s.orBaseline(ctx, err)
	}
	return plan.Manual, nil
}

// migrate runs a command of migrations.
func (p *Program) migrate(ctx context.Context, args []string, out io.Writer) error {
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
	s := p.Schema
	run, ok := map[string]func(context.Context, io.Writer) error{
		"up": s.up, "status": s.status, "diff": s.diff, "verify": s.verify,
		"baseline": func(ctx context.Context, out io.Writer) error { return s.baseline(ctx, line, out) },
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
	if err := p.Register(); err != nil {
		return err
	}
	return run(ctx, out)
}

// up applies the pending migrations and prints them, also those before a failure.
func (s *Schema) up(ctx context.Context, out io.Writer) error {
	m, err := migrate.New(s.DB, s.Sources...)
	if err != nil {
		return err
	}
	applied, err := m.Up(ctx)
	printDone(out, "applied", applied, err)
	return s.orBaseline(ctx, err)
}

// baseline records what is pending of a line.
func (s *Schema) baseline(ctx context.Context, line string, out io.Writer) error {
	m, err := migrate.New(s.DB, s.Sources...)
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
func (s *Schema) orBaseline(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	pending, errPending := s.pending(ctx)
	if errPending != nil || len(pending) == 0 || !slices.ContainsFunc(s.Sources, func(source migrate.Source) bool { return source.Line == pending[0].Line }) {
		return err
	}
	return fmt.Errorf("%w\nif development has already made these changes, \"migrate baseline %s\" records it as applied", err, pending[0].Line)
}

func (s *Schema) status(ctx context.Context, out io.Writer) error {
	m, err := migrate.New(s.DB, s.Sources...)
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

// diff prints the SQL that adds what the models have and the database lacks. It
// fails if migrations are pending, since the diff would repeat their changes.
func (s *Schema) diff(ctx context.Context, out io.Writer) error {
	pending, err := s.pending(ctx)
	if err != nil {
		return err
	}
	if len(pending) > 0 {
		return fmt.Errorf("migrate diff: %s is pending: run \"migrate up\" first, or the diff would repeat its changes", pending[0])
	}
	plan, err := migrate.Diff(ctx, s.DB)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, plan.String())
	return err
}

func (s *Schema) verify(ctx context.Context, out io.Writer) error {
	if err := s.Verify(ctx); err != nil {
		return err
	}
	fmt.Fprintln(out, "the database has what the program needs")
	return nil
}

// Verify is migrate.Verify with the name of the command to run in its error.
func (s *Schema) Verify(ctx context.Context) error {
	err := migrate.Verify(ctx, s.DB, s.Sources...)
	if _, differs := errors.AsType[*migrate.SchemaError](err); !differs {
		return err
	}
	switch pending, errPending := s.pending(ctx); {
	case errPending != nil:
		return errors.Join(err, errPending)
	case len(pending) > 0:
		return fmt.Errorf("%w\n\"migrate up\" applies what is pending", err)
	}
	return fmt.Errorf("%w\n\"migrate diff\" prints what is missing as SQL, for the next migration", err)
}

// pending returns the migrations that are not applied yet.
func (s *Schema) pending(ctx context.Context) ([]migrate.Migration, error) {
	m, err := migrate.New(s.DB, s.Sources...)
	if err != nil {
		return nil, err
	}
	return m.DryRun(ctx)
}
