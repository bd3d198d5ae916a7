package migrate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// searchIndex is the index behind the search operator on one column.
type searchIndex struct {
	pieces []piece
	// fill enters the rows that are there, where creating the pieces does not.
	fill []string
}

// piece is a part of a search index: an object of the database.
type piece struct {
	name string
	// table is the table it belongs to; empty where all share it.
	table string
	// index is the name of the search index that the piece proves to exist, if it is
	// that piece.
	index string
	// create is the statement that makes it, and definition its text in the catalog of
	// the database.
	create, definition string
	// drop removes a shared piece.
	drop string
}

func searchable(t *store.Table) []*store.Column {
	return slices.DeleteFunc(slices.Clone(t.Columns), func(c *store.Column) bool { return !c.Searchable })
}

func (d *differ) readPieces(ctx context.Context) error {
	list, err := d.engine.pieces(ctx, d.work)
	if err != nil {
		return fmt.Errorf("migrate: read search indexes: %w", err)
	}
	d.pieces = make(map[string]piece, len(list))
	for _, p := range list {
		d.pieces[p.name] = p
	}
	return nil
}

// searchIndex adds the search index of a column if it is missing. One that is
// there in part, or was made otherwise, is for a person: nothing is dropped.
func (d *differ) searchIndex(c *store.Column, filled bool) {
	name, want := schema.SearchName(c), d.engine.search(c)
	var missing, other []string
	drop := d.engine.dropSearch(name)
	for _, p := range want.pieces {
		switch have, ok := d.pieces[p.name]; {
		case !ok && p.table == "": // shared: the first index creates it
			d.pieces[p.name] = p
			d.indexes = append(d.indexes, p.create)
		case !ok:
			missing = append(missing, p.create)
		case !strings.EqualFold(have.definition, p.definition): // SQLite writes CREATE large
			other = append(other, p.name)
			drop = cmp.Or(p.drop, drop)
		}
	}
	own := slices.DeleteFunc(slices.Clone(want.pieces), func(p piece) bool { return p.table == "" })
	problem := fmt.Sprintf("%s.%s has no search index", c.Table.Name, c.Name)
	switch {
	case len(other) > 0:
		d.person(true, fmt.Sprintf("%s that fits the model: %s has another definition", problem, strings.Join(other, ", ")),
			drop+"; then run this again")
	case len(missing) == len(own):
		d.problems = append(d.problems, problem)
		d.indexes = append(d.indexes, missing...)
		if filled {
			d.indexes = append(d.indexes, want.fill...)
		}
	case len(missing) > 0:
		d.person(true, problem+" that is complete", drop+"; then run this again")
	}
}

// staleSearches names the search indexes that no column needs.
func (e *existing) staleSearches() {
	var stale []string
	for _, p := range e.pieces {
		if p.table != e.table.Name || p.index == "" {
			continue
		}
		if !slices.ContainsFunc(searchable(e.table), func(c *store.Column) bool { return schema.SearchName(c) == p.index }) {
			stale = append(stale, p.index)
		}
	}
	slices.Sort(stale)
	for _, name := range stale {
		e.person(false, fmt.Sprintf("search index %s of %s belongs to no searchable column", name, e.table.Name),
			"when no program needs it any more, "+e.engine.dropSearch(name))
	}
}
