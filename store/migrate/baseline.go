package migrate

import (
	"context"
	"fmt"
	"slices"
)

// Baseline records the pending migrations of a line as applied without running them,
// and returns them. Use it for a database that [Auto] created before the migrations
// were written. If the database lacks anything of the registered models it fails with a
// [*SchemaError] and records nothing.
//
// Other effects of the files are not applied, such as inserted rows and indexes that no
// model declares. Review the returned migrations for them.
func (m *Migrator) Baseline(ctx context.Context, line string) (recorded []Migration, err error) {
	switch {
	case line == ownLine:
		return nil, fmt.Errorf("migrate: the library's own migrations (%s) are applied by Up only", ownLine)
	case !slices.ContainsFunc(m.files, func(f Migration) bool { return f.Line == line }):
		return nil, fmt.Errorf("migrate: there are no migrations of line %q", line)
	}
	s, err := open(ctx, m.db, m.engine)
	if err != nil {
		return nil, err
	}
	defer s.close()
	err = s.tx(ctx, func(w work) error {
		recorded, err = m.recordPending(ctx, w, line)
		return err
	})
	if err != nil {
		return nil, err
	}
	return recorded, nil
}

func (m *Migrator) recordPending(ctx context.Context, w work, line string) (recorded []Migration, err error) {
	done, err := w.history(ctx)
	if err != nil {
		return nil, err
	}
	pending, err := compare(m.files, done)
	if err != nil {
		return nil, err
	}
	d, err := diff(ctx, w, m.db.Tables())
	if err != nil {
		return nil, err
	}
	if lacks := slices.Concat(d.problems, d.statements()); len(lacks) > 0 {
		return nil, &SchemaError{Problems: lacks}
	}
	for _, p := range pending {
		if p.Line != line {
			continue
		}
		if err := w.record(ctx, &p); err != nil {
			return nil, err
		}
		recorded = append(recorded, p)
	}
	return recorded, nil
}
