package sqlite

import (
	sqldriver "database/sql/driver"
	"fmt"
	"strings"
	"sync"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/internal/fulltext"
	"github.com/seed-7694ebf6/plinth/internal/jsonb"
	"modernc.org/sqlite"
)

// valueErrorPrefix marks errors of our functions about an invalid argument; see
// translate.
const valueErrorPrefix = "plinth.value: "

// engineDriver returns the engine with our functions and collation. There is one for
// the process because the engine never unregisters a function. It is private so that
// other users of the engine are not affected.
var engineDriver = sync.OnceValues(newEngineDriver)

func newEngineDriver() (*sqlite.Driver, error) {
	var d sqlite.Driver
	compiled := new(patterns)
	functions := []struct {
		name string
		args int32
		call func(args []sqldriver.Value) (sqldriver.Value, error)
	}{
		{"pl_float", 1, plFloat},
		{"pl_lower", 1, plLower},
		{"pl_json", -1, plJSON},
		{"pl_json_text", -1, plJSONText},
		{"pl_cast", 2, ofTexts(plCast)},
		{"pl_total", 1, plTotal},
		{"pl_took", 2, plTook},
		{"pl_contains", 2, judge(jsonb.Contains)},
		{"pl_overlaps", 2, judge(jsonb.Overlaps)},
		{"pl_search", 2, ofTexts(plSearch)},
		{"pl_regexp", 2, func(args []sqldriver.Value) (sqldriver.Value, error) {
			return plRegexp(compiled, args)
		}},
	}
	for _, f := range functions {
		err := d.RegisterFunction(f.name, &sqlite.FunctionImpl{
			NArgs:         f.args,
			Deterministic: f.name != "pl_took",
			// None of them keeps an argument.
			VolatileArgs: true,
			Scalar: func(_ *sqlite.FunctionContext, args []sqldriver.Value) (sqldriver.Value, error) {
				return f.call(args)
			},
		})
		if err != nil {
			return nil, fmt.Errorf("sqlite: register %s: %w", f.name, err)
		}
	}
	if err := registerAggregates(&d); err != nil {
		return nil, err
	}
	if err := d.RegisterCollationUtf8("pl_decimal", compareDecimals); err != nil {
		return nil, fmt.Errorf("sqlite: register pl_decimal: %w", err)
	}
	return &d, nil
}

// plFloat is pl_float(x): the JSON text of a float. Other values are returned
// unchanged.
func plFloat(args []sqldriver.Value) (sqldriver.Value, error) {
	f, ok := args[0].(float64)
	if !ok {
		return args[0], nil
	}
	var buf [32]byte
	return string(canon.AppendFloat(buf[:0], f)), nil
}

// plLower is pl_lower(x): each letter in lower case as Unicode has it, where
// SQLite's lower knows only ASCII.
func plLower(args []sqldriver.Value) (sqldriver.Value, error) {
	s, ok := args[0].(string)
	if !ok {
		return args[0], nil
	}
	return strings.ToLower(s), nil
}

// ofTexts makes a function of two texts, NULL where one of them is NULL.
func ofTexts(f func(a, b string) (sqldriver.Value, error)) func(args []sqldriver.Value) (sqldriver.Value, error) {
	return func(args []sqldriver.Value) (sqldriver.Value, error) {
		a, ok := args[0].(string)
		b, isText := args[1].(string)
		if !ok || !isText {
			return nil, nil // NULL is the answer about NULL
		}
		v, err := f(a, b)
		if err != nil {
			return nil, fmt.Errorf("%s%w", valueErrorPrefix, err)
		}
		return v, nil
	}
}

// judge makes an SQL function of a predicate on two documents.
func judge(judgement func(a, b []byte) (bool, error)) func(args []sqldriver.Value) (sqldriver.Value, error) {
	return ofTexts(func(a, b string) (sqldriver.Value, error) { return judgement([]byte(a), []byte(b)) })
}

// plSearch is pl_search(query, x): whether a search finds the text.
func plSearch(query, text string) (sqldriver.Value, error) {
	q, err := fulltext.Parse(query)
	if err != nil {
		return nil, err
	}
	return q.Match(text), nil
}

// plJSON is pl_json(doc, step, ...): the JSON that steps into a document lead to,
// a text for each key and an integer for each position; NULL where there is none.
func plJSON(args []sqldriver.Value) (sqldriver.Value, error) {
	found, err := follow(args)
	if err != nil || found == nil {
		return nil, err
	}
	return string(found), nil
}

// plJSONText is pl_json_text(doc, step, ...): the same as text.
func plJSONText(args []sqldriver.Value) (sqldriver.Value, error) {
	found, err := follow(args)
	if err != nil || found == nil {
		return nil, err
	}
	if text, ok := jsonb.Text(found); ok {
		return text, nil
	}
	return nil, nil // the document null as text is NULL
}

func follow(args []sqldriver.Value) ([]byte, error) {
	doc, ok := args[0].(string)
	if !ok {
		return nil, nil
	}
	steps := make([]any, len(args)-1)
	for i, step := range args[1:] {
		steps[i] = step
	}
	found, err := jsonb.At([]byte(doc), steps...)
	if err != nil {
		return nil, fmt.Errorf("%s%w", valueErrorPrefix, err)
	}
	return found, nil
}

// plCast is pl_cast(x, type): a text read as a type, as JSON.
func plCast(text, typ string) (sqldriver.Value, error) { return jsonb.Cast(text, typ) }

// plRegexp is pl_regexp(pattern, x): whether the text has a match. The syntax is that
// of package regexp, with linear running time.
func plRegexp(p *patterns, args []sqldriver.Value) (sqldriver.Value, error) {
	pattern, ok := args[0].(string)
	text, isText := args[1].(string)
	if !ok || !isText {
		return nil, nil // NULL is the answer about NULL
	}
	re, err := p.get(pattern)
	if err != nil {
		return nil, err
	}
	return re.MatchString(text), nil
}
