package pgrst

import (
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// Read is what a query string says: which rows to read or to write, and what to
// answer with.
type Read struct {
	// Query is the read. Its Limit is nil if the client gave none; an embed
	// without limit gets [Limits.Rows]. A Selected with the column "*" stands
	// for all columns beside others that are named.
	Query query.Query

	// Filter is the condition of the URL's own filters: which rows a write
	// concerns. It is zero if there are none. Query.Where also has what embeds
	// demand that are selected for their condition only.
	Filter store.Cond

	// Columns are the names in columns, nil if the parameter was not given.
	Columns []string

	// OnConflict are the names in on_conflict, nil if the parameter was not
	// given.
	OnConflict []string
}

// Arg is an argument of a function in a query string.
type Arg struct {
	Name, Value string
}

// ParseRead reads the query string of a request for a table, as it stands in
// the URL.
func ParseRead(rawQuery string, lim Limits) (*Read, error) {
	read, _, err := parse(rawQuery, parser{lim: lim})
	return read, err
}

// ParseCall parses the query string of a GET request for a function. Parameters with
// names that are not reserved are arguments. They are returned in order, and repeated
// names are not rejected. Rows says that the function returns rows: parameters with a
// value that begins with an operator are then filters on the rows.
func ParseCall(rawQuery string, rows bool, lim Limits) (*Read, []Arg, error) {
	return parse(rawQuery, parser{lim: lim, call: true, rows: rows})
}

// parser holds what the parameters of a request have in common: the limits and
// what was used of them.
type parser struct {
	lim  Limits
	read *Read
	call bool // what is no filter is an argument
	rows bool // of a call: there may be filters
	args []Arg

	targets []target // the root first

	predicates, elements, embeds, items, orders, aggregates int // used so far
}

func parse(rawQuery string, p parser) (*Read, []Arg, error) {
	if rawQuery == "" {
		return &Read{}, nil, nil
	}
	var buf [12]param
	params, err := splitParams(rawQuery, buf[:0], &p.lim)
	if err != nil {
		return nil, nil, err
	}
	p.read = &Read{}
	p.targets = append(make([]target, 0, 2), target{query: &p.read.Query})
	// The other parameters may name embeds, so select comes first.
	for i := range params {
		if params[i].key == "select" {
			if err := p.selectParam(params[i].value); err != nil {
				return nil, nil, err
			}
		}
	}
	if p.embeds > 0 {
		p.deepestFirst(params)
	}
	for i := range params {
		if err := p.param(params[i].key, params[i].value); err != nil {
			return nil, nil, err
		}
	}
	p.finish()
	return p.read, p.args, nil
}

// param applies one parameter.
func (p *parser) param(name, value string) error {
	if reservedAtRoot(name) {
		return p.rootParam(name, value)
	}
	var buf [4]string
	embeds, last, err := p.parseKey(name, buf[:0])
	if err != nil {
		return err
	}
	t, err := p.target(embeds)
	if err != nil {
		return err
	}
	if !last.quoted {
		switch last.name {
		case "and", "or":
			return p.group(t, last.name, last.negated, value)
		case "order":
			return p.order(t, name, value)
		case "limit":
			return p.limit(t, name, value)
		case "offset":
			return p.offset(t, name, value)
		}
	}
	if p.call && len(embeds) == 0 && last.path.IsZero() && !(p.rows && startsComparison(value)) {
		p.args = append(p.args, Arg{last.name, value})
		return nil
	}
	return p.filter(t, last.name, last.path, value)
}

// rootParam applies a parameter that only the root has.
func (p *parser) rootParam(name, value string) (err error) {
	t := &p.targets[0]
	switch name {
	case "columns":
		if err = t.once(seenColumns, name); err == nil {
			p.read.Columns, err = p.names("columns parameter", value)
		}
	case "on_conflict":
		if err = t.once(seenOnConflict, name); err == nil {
			p.read.OnConflict, err = p.names("on_conflict parameter", value)
		}
	case "after":
		if err = t.once(seenAfter, name); err == nil {
			if value == "" {
				s := scanner{what: name}
				return s.unexpected("cursor")
			}
			t.query.After = query.Cursor(value)
		}
	}
	return err
}

// finish puts the conditions that were read into the query.
func (p *parser) finish() {
	for i := range p.targets {
		t := &p.targets[i]
		if len(t.conds) == 1 {
			t.query.Where = t.conds[0]
			continue
		}
		t.query.Where = store.And(t.conds...)
	}
	root := &p.read.Query
	p.read.Filter = root.Where
	p.finishEmbeds(root)
}

// finishEmbeds gives the embeds of a query their default limit. An embed with
// empty brackets has no member in the answer: what remains of it is the
// condition of an inner one. Of any other remains one that always holds, by which
// its names are still checked.
func (p *parser) finishEmbeds(q *query.Query) {
	kept := q.With[:0]
	for _, embed := range q.With {
		bare := embed.Query.Select != nil && len(embed.Query.Select) == 0 && len(embed.Query.With) == 0
		p.finishEmbeds(&embed.Query)
		switch {
		case !bare:
			if embed.Query.Limit == nil {
				embed.Query.Limit, embed.Query.DefaultLimit = store.Limit(p.lim.Rows), true
			}
			kept = append(kept, embed)
		case embed.Inner:
			q.Where = store.And(q.Where, store.Related(embed.Relation, embed.Query.Where))
		default:
			q.Where = store.And(q.Where, store.Or(store.True(), store.Related(embed.Relation, embed.Query.Where)))
		}
	}
	q.With = nil
	if len(kept) > 0 {
		q.With = kept
	}
}
