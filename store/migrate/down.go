package migrate

import (
	"context"
	"fmt"
	"slices"
)

// Down reverts the migrations of a line that are newer than version, newest first, and
// returns them; version 0 reverts the whole line. It first checks that all of them have
// down files. Like Up it stops at the first failure.
//
// Data dropped by a down file is lost. Down is for development and tests; repair a
// production database with another migration.
func (m *Migrator) Down(ctx context.Context, line string, version int) ([]Migration, error) {
	s, err := open(ctx, m.db, m.engine)
	if err != nil {
		return nil, err
	}
	defer s.close()
	var reverted []Migration
	for {
		last, err := m.downOne(ctx, s, line, version)
		if err != nil || last == nil {
			return reverted, err
		}
		reverted = append(reverted, *last)
	}
}

// downOne reverts the newest migration of a line, or nothing if it is not newer
// than version.
func (m *Migrator) downOne(ctx context.Context, s *session, line string, version int) (last *Migration, err error) {
	err = s.tx(ctx, func(w work) error {
		last, err = m.last(ctx, w, line, version)
		if err != nil || last == nil || isBare(last.down) {
			return err
		}
		if err := w.run(ctx, last.down); err != nil {
			return failed(last, err)
		}
		return w.forget(ctx, last)
	})
	if err == nil && last != nil && isBare(last.down) {
		err = m.downBare(ctx, s, last)
	}
	return last, err
}

// downBare reverts a migration that cannot be reverted in a transaction.
func (m *Migrator) downBare(ctx context.Context, s *session, want *Migration) error {
	return s.alone(ctx, func() error {
		last, err := m.last(ctx, s.bare(), want.Line, want.Version-1)
		if err != nil || last == nil || last.step() != want.step() {
			return err // others were faster
		}
		if err := s.bare().runEach(ctx, want.down); err != nil {
			return failed(want, err)
		}
		return s.tx(ctx, func(w work) error { return w.forget(ctx, want) })
	})
}

// last returns the newest applied migration of a line, or nil if it is not
// newer than version.
func (m *Migrator) last(ctx context.Context, w work, line string, version int) (*Migration, error) {
	if !slices.ContainsFunc(m.files, func(f Migration) bool { return f.Line == line }) {
		return nil, fmt.Errorf("migrate: there is no line %s", line)
	}
	done, err := w.history(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := compare(m.files, done); err != nil {
		return nil, err
	}
	var last *Migration
	for _, d := range done { // by version
		if d.Line != line || d.Version <= version {
			continue
		}
		i := slices.IndexFunc(m.files, func(f Migration) bool { return f.step() == d.step() })
		if i < 0 || !m.files[i].hasDown {
			return nil, fmt.Errorf("migrate: %s has no down file", d)
		}
		file := m.files[i]
		last = &file
	}
	return last, nil
}
