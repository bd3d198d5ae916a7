package write

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Question asks whether a condition holds for a row that is not in its table, with the values
// of variables, one for each [sqlgen.VariableUse].
type Question struct {
	Row    []any
	Values []any
}

// Batches of questions in one statement. SQLite takes 32,766 arguments, and the texts of its
// statements should be few.
const (
	questionsAtOnce       = 10_000
	questionsAtOnceSQLite = 64
)

// AnswerQuestions evaluates the condition that where writes for all questions, in as few
// statements as possible. The tables are read as they are.
func AnswerQuestions(ctx context.Context, s core.Session, scope *query.Scope, t *schema.Table, uses []sqlgen.VariableUse, questions []Question, where func(b *sqlgen.Builder, alias string) error) ([]bool, error) {
	atOnce := questionsAtOnceSQLite
	if s.DB.Dialect.Syntax().Arrays {
		atOnce = questionsAtOnce
	}
	answers := make([]bool, 0, len(questions))
	for part := range slices.Chunk(questions, atOnce) {
		more, err := answerQuestions(ctx, s, scope, t, uses, part, where)
		if err != nil {
			return nil, err
		}
		answers = append(answers, more...)
	}
	return answers, nil
}

// The columns that number questions and rows.
const (
	questionColumn = `"question?"`
	rowColumn      = `"row?"`
)

func answerQuestions(ctx context.Context, s core.Session, scope *query.Scope, t *schema.Table, uses []sqlgen.VariableUse, questions []Question, where func(b *sqlgen.Builder, alias string) error) ([]bool, error) {
	images, asked := numbered(t, questions)
	b := s.NewBuilder(ctx, scope, sqlgen.Exemptions{})
	defer b.Free()
	b.Unindexed = true
	alias := b.Alias()
	columns := []*schema.Column{number(questionColumn, 0), number(rowColumn, 1)}
	b.Variables = map[sqlgen.VariableUse]string{}
	for i, use := range uses {
		name := `"variable?` + strconv.Itoa(i) + `"`
		columns = append(columns, &schema.Column{SQLName: name, Kind: use.Column.Kind, Index: i + 2})
		b.Variables[use] = "asked." + name
	}
	b.Write("select asked.", questionColumn, " from (")
	writeRows(b, columns, asked)
	b.Write(") asked join (")
	writeRows(b, append(slices.Clone(t.Columns), number(rowColumn, len(t.Columns))), images)
	b.Write(") ", alias, " on ", alias, ".", rowColumn, " = asked.", rowColumn, " where ")
	if err := where(b, alias); err != nil {
		return nil, err
	}
	var r driver.Result
	if err := s.Query(ctx, b.Statement(&driver.Shape{Extra: []driver.Kind{driver.KindInt}, EachExtra: true}), &r); err != nil {
		return nil, err
	}
	return holding(r.Extra, len(questions))
}

// number is a column of numbers at an index of its rows.
func number(name string, index int) *schema.Column {
	return &schema.Column{SQLName: name, Kind: driver.KindInt, Index: index}
}

// numbered returns the rows of the questions, each once and with its number, and the questions
// with those of both.
func numbered(t *schema.Table, questions []Question) (images, asked [][]any) {
	numbers := map[*any]int64{} // by the first value of a row, which stands for it
	for i, q := range questions {
		n, known := numbers[&q.Row[0]]
		if !known {
			n = int64(len(images))
			numbers[&q.Row[0]] = n
			images = append(images, append(slices.Clone(q.Row[:len(t.Columns)]), n))
		}
		asked = append(asked, append([]any{int64(i), n}, q.Values...))
	}
	return images, asked
}

// holding reads the numbers of the questions whose condition holds.
func holding(extra []byte, n int) ([]bool, error) {
	answers := make([]bool, n)
	var rows [][]int
	if err := json.Unmarshal(slices.Concat([]byte{'['}, extra, []byte{']'}), &rows); err != nil {
		return nil, fmt.Errorf("store: answers of a rule: %w", err)
	}
	for _, row := range rows {
		answers[row[0]] = true
	}
	return answers, nil
}
