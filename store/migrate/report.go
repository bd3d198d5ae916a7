package migrate

import (
	"context"
	"fmt"
)

// Status returns all migrations, with the time of application for the applied ones. The
// program's come first, in the order they run. Applied migrations that are newer than
// the program's files follow. It changes nothing.
func (m *Migrator) Status(ctx context.Context) ([]Migration, error) {
	done, err := m.readHistory(ctx)
	if err != nil {
		return nil, err
	}
	at := make(map[step]Migration, len(done))
	for _, d := range done {
		at[d.step()] = d
	}
	list := make([]Migration, 0, len(m.files))
	known := map[step]bool{}
	lines := map[string]bool{}
	for _, f := range m.files {
		f.AppliedAt = at[f.step()].AppliedAt
		known[f.step()], lines[f.Line] = true, true
		list = append(list, f)
	}
	for _, d := range done {
		if lines[d.Line] && !known[d.step()] {
			list = append(list, d)
		}
	}
	return list, nil
}

// DryRun returns the migrations that Up would apply, in order. It fails if Up would
// fail before the first one. It changes nothing.
func (m *Migrator) DryRun(ctx context.Context) ([]Migration, error) {
	done, err := m.readHistory(ctx)
	if err != nil {
		return nil, err
	}
	return compare(m.files, done)
}

// Verify returns an error that lists the pending migrations and the applied ones with a
// changed or missing file. It accepts a database that is ahead of the program, so that
// an old instance can start during a rollout. It changes nothing.
//
// It runs two short queries on one connection, so a probe may call it every few
// seconds. With [store.WithReserve] it works while all other connections are in use.
// The function [Verify] inspects every table and is meant for startup.
func (m *Migrator) Verify(ctx context.Context) error {
	problems, err := m.problems(ctx)
	if err == nil && len(problems) > 0 {
		err = &SchemaError{Problems: problems}
	}
	return err
}

// problems returns a line for each pending migration.
func (m *Migrator) problems(ctx context.Context) ([]string, error) {
	pending, err := m.DryRun(ctx)
	lines := make([]string, 0, len(pending))
	for _, p := range pending {
		lines = append(lines, "migration "+p.String()+" is pending")
	}
	return lines, err
}

// readHistory reads the history without waiting for others.
func (m *Migrator) readHistory(ctx context.Context) ([]Migration, error) {
	s, err := open(ctx, m.db, m.engine)
	if err != nil {
		return nil, err
	}
	defer s.close()
	w := s.bare()
	var exists bool
	if err := w.QueryRowContext(ctx, m.engine.historyExists()).Scan(&exists); err != nil {
		return nil, fmt.Errorf("migrate: read the history: %w", err)
	}
	if !exists {
		return nil, nil
	}
	return w.readHistory(ctx)
}
