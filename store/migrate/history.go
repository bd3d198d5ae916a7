package migrate

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// step is the key of the history.
type step struct {
	line    string
	version int
}

func (m Migration) step() step { return step{m.Line, m.Version} }

// compare checks the history against the files and returns what is pending.
func compare(files, done []Migration) ([]Migration, error) {
	byStep := make(map[step]Migration, len(files))
	newest := map[string]int{} // of a line's files
	for _, f := range files {
		byStep[f.step()] = f
		newest[f.Line] = max(newest[f.Line], f.Version)
	}
	var errs []error
	applied := make(map[step]bool, len(done))
	last := map[string]int{} // applied of a line
	for _, d := range done {
		applied[d.step()] = true
		last[d.Line] = max(last[d.Line], d.Version)
		f, ok := byStep[d.step()]
		switch {
		case !ok && d.Version < newest[d.Line]:
			errs = append(errs, fmt.Errorf("migrate: %s is applied, but its file is gone", d))
		case ok && f.checksum != d.checksum:
			errs = append(errs, fmt.Errorf("migrate: %s was changed after it was applied: restore the file and write a new migration", f))
		}
	}
	var pending []Migration
	for _, f := range files {
		if applied[f.step()] {
			continue
		}
		if f.Version < last[f.Line] {
			errs = append(errs, fmt.Errorf("migrate: %s came after version %d was applied: give it a higher number", f, last[f.Line]))
		}
		pending = append(pending, f)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return pending, nil
}

// history makes the history where there is none, and reads it.
func (w work) history(ctx context.Context) ([]Migration, error) {
	if _, err := w.ExecContext(ctx, w.engine.historyTable()); err != nil {
		return nil, fmt.Errorf("migrate: create the history: %w", err)
	}
	return w.readHistory(ctx)
}

func (w work) readHistory(ctx context.Context) ([]Migration, error) {
	list, err := collect(ctx, w, `select line, version, name, checksum, applied_at from plinth_migrations order by line, version`,
		func(scan func(...any) error) (m Migration, err error) {
			var at any
			if err := scan(&m.Line, &m.Version, &m.Name, &m.checksum, &at); err != nil {
				return m, err
			}
			m.AppliedAt, err = readTime(at)
			return m, err
		})
	if err != nil {
		return nil, fmt.Errorf("migrate: read the history: %w", err)
	}
	return list, nil
}

// readTime reads the time of either engine.
func readTime(v any) (time.Time, error) {
	switch v := v.(type) {
	case time.Time:
		return v.UTC(), nil
	case string:
		t, err := time.Parse(time.RFC3339Nano, v)
		return t.UTC(), err
	}
	return time.Time{}, fmt.Errorf("applied_at is %T", v)
}

// record writes a migration to the history.
func (w work) record(ctx context.Context, m *Migration) error {
	_, err := w.ExecContext(ctx, w.engine.bind(`insert into plinth_migrations (line, version, name, checksum) values (?, ?, ?, ?)`),
		m.Line, m.Version, m.Name, m.checksum)
	if err != nil {
		return fmt.Errorf("migrate: record %s: %w", m, err)
	}
	m.AppliedAt = time.Now().UTC()
	return nil
}
