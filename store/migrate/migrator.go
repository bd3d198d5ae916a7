package migrate

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/seed-7694ebf6/plinth/store"
)

//go:embed plinth
var ownFiles embed.FS

// ownLine is the line of the library's own tables. It always comes first.
const ownLine = "plinth"

// Migrator runs the migrations of some lines on one database. It is safe for
// concurrent use, also by several processes.
type Migrator struct {
	db     *store.DB
	engine engine
	files  []Migration // in the order they run
}

// New reads the files of sources. They run in the order of the list, after the
// library's own migrations. It does not access the database. All errors in the files
// and their order are reported together.
func New(db *store.DB, sources ...Source) (*Migrator, error) {
	own, err := fs.Sub(ownFiles, "plinth")
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	m := &Migrator{db: db, engine: engineOf(db)}
	var errs []error
	var lines []string
	for _, s := range append([]Source{{Line: ownLine, FS: own}}, sources...) {
		list, err := s.read(m.engine.name())
		if err != nil {
			errs = append(errs, err)
		}
		if slices.Contains(lines, s.Line) {
			errs = append(errs, fmt.Errorf("migrate: line %s exists twice", s.Line))
		}
		for _, before := range s.After {
			if !slices.Contains(lines, before) {
				errs = append(errs, fmt.Errorf("migrate: line %s must come after line %s", s.Line, before))
			}
		}
		lines = append(lines, s.Line)
		m.files = append(m.files, list...)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return m, nil
}

// Up applies the pending migrations and returns them. Each migration runs in its own
// transaction, together with its row in the history. Up stops at the first failure and
// returns the migrations applied before it. The failed one is rolled back, unless its
// file runs without a transaction.
//
// Up waits for other processes that migrate the same database until ctx ends, at most
// five minutes. Then it fails with [ErrLocked].
func (m *Migrator) Up(ctx context.Context) ([]Migration, error) {
	s, err := open(ctx, m.db, m.engine)
	if err != nil {
		return nil, err
	}
	defer s.close()
	var applied []Migration
	for {
		next, err := m.upOne(ctx, s)
		if err != nil {
			return applied, err
		}
		if next == nil {
			return applied, nil
		}
		applied = append(applied, *next)
	}
}

// upOne applies the next pending migration and returns it, or nil. It reads the
// history inside the transaction it writes in: others may have been faster.
func (m *Migrator) upOne(ctx context.Context, s *session) (next *Migration, err error) {
	err = s.tx(ctx, func(w work) error {
		next, err = m.next(ctx, w)
		switch {
		case err != nil:
			return err
		case next == nil:
			return w.fillSettings(ctx)
		case isBare(next.SQL):
			return nil
		}
		if err := w.run(ctx, next.SQL); err != nil {
			return failed(next, err)
		}
		return w.record(ctx, next)
	})
	if err == nil && next != nil && isBare(next.SQL) {
		err = m.upBare(ctx, s, next)
	}
	return next, err
}

// upBare applies a migration that cannot run in a transaction.
func (m *Migrator) upBare(ctx context.Context, s *session, want *Migration) error {
	return s.alone(ctx, func() error {
		next, err := m.next(ctx, s.bare())
		if err != nil || next == nil || next.step() != want.step() {
			return err // others were faster
		}
		if err := s.bare().runEach(ctx, want.SQL); err != nil {
			return failed(want, err)
		}
		return s.tx(ctx, func(w work) error { return w.record(ctx, want) })
	})
}

// next returns the first pending migration, or nil.
func (m *Migrator) next(ctx context.Context, w work) (*Migration, error) {
	done, err := w.history(ctx)
	if err != nil {
		return nil, err
	}
	pending, err := compare(m.files, done)
	if err != nil || len(pending) == 0 {
		return nil, err
	}
	return &pending[0], nil
}

func failed(m *Migration, err error) error { return fmt.Errorf("migrate: %s: %w", m, err) }
