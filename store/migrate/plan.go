package migrate

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
)

// Plan is how the database would get what the models have.
type Plan struct {
	// Statements add what is missing. They lose nothing.
	Statements []string

	// Manual lists the differences that need a hand-written migration: different types
	// and NULLs, columns without a field, and foreign keys that existing rows violate.
	Manual []string
}

// Diff compares the registered tables with the database. It changes nothing. Tables and
// indexes without a model are ignored.
func Diff(ctx context.Context, db *store.DB) (*Plan, error) {
	d, err := look(ctx, db)
	if err != nil {
		return nil, err
	}
	return d.plan(), nil
}

func look(ctx context.Context, db *store.DB) (*differ, error) {
	s, err := open(ctx, db, engineOf(db))
	if err != nil {
		return nil, err
	}
	defer s.close()
	return diff(ctx, s.bare(), db.Tables())
}

func (d *differ) plan() *Plan {
	return &Plan{Statements: d.statements(), Manual: d.manual}
}

// String returns the plan as SQL, with the Manual part as comments.
func (p *Plan) String() string {
	var b strings.Builder
	for _, s := range p.Statements {
		b.WriteString(s + ";\n")
	}
	for _, m := range p.Manual {
		b.WriteString("-- " + m + "\n")
	}
	return b.String()
}

func (w work) apply(ctx context.Context, statements []string) error {
	for _, text := range statements {
		if _, err := w.ExecContext(ctx, text); err != nil {
			first, _, _ := strings.Cut(text, "\n")
			return fmt.Errorf("migrate: %s: %w", first, err)
		}
	}
	return nil
}

// Auto applies the migrations of sources and then adds what the registered tables need.
// It is meant for development, because creating an index locks its table. The returned
// plan was applied, except for its Manual part.
func Auto(ctx context.Context, db *store.DB, sources ...Source) (*Plan, error) {
	m, err := New(db, sources...)
	if err != nil {
		return nil, err
	}
	if _, err := m.Up(ctx); err != nil {
		return nil, err
	}
	s, err := open(ctx, db, m.engine)
	if err != nil {
		return nil, err
	}
	defer s.close()
	var plan *Plan
	err = s.tx(ctx, func(w work) error {
		d, err := diff(ctx, w, db.Tables())
		if err != nil {
			return err
		}
		plan = d.plan()
		return w.apply(ctx, plan.Statements)
	})
	return plan, err
}

// SchemaError lists how a database differs from what a program needs.
type SchemaError struct {
	Problems []string
}

// Error lists the problems, one a line.
func (e *SchemaError) Error() string {
	return "migrate: the database does not have what the program needs:\n\t" + strings.Join(e.Problems, "\n\t")
}

// Verify checks that the migrations of sources are applied and that the database has
// what the registered tables need. All differences are listed in one [*SchemaError]. It
// changes nothing.
//
// Some types are accepted in place of those Diff would create. On PostgreSQL these are
// varchar for text, int4 and int2 for bigint, float4 for double precision and varchar[]
// for text[]. On SQLite these are all declared types of the same affinity, and BOOLEAN
// for integers.
func Verify(ctx context.Context, db *store.DB, sources ...Source) error {
	m, err := New(db, sources...)
	if err != nil {
		return err
	}
	problems, err := m.problems(ctx)
	if err != nil {
		return err
	}
	d, err := look(ctx, db)
	if err != nil {
		return err
	}
	if problems = append(problems, d.problems...); len(problems) > 0 {
		return &SchemaError{Problems: problems}
	}
	return nil
}
