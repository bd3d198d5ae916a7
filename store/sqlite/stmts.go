package sqlite

import (
	"container/list"
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// statement is what the engine's prepared statements can do.
type statement interface {
	sqldriver.Stmt
	sqldriver.StmtExecContext
	sqldriver.StmtQueryContext
}

// stmtCache keeps the prepared statements of one connection, the least recently
// used go first. The connection runs one statement at a time and to its end, so
// a statement that is thrown out is never in use.
type stmtCache struct {
	size   int
	byText map[string]*list.Element // of *preparedStmt
	recent list.List                // the latest is in front
}

type preparedStmt struct {
	text string
	stmt statement
}

// get returns the prepared statement of a text.
func (s *stmtCache) get(ctx context.Context, db sqldriver.ConnPrepareContext, text string) (statement, error) {
	if e, ok := s.byText[text]; ok {
		s.recent.MoveToFront(e)
		return e.Value.(*preparedStmt).stmt, nil
	}
	prepared, err := db.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	stmt, ok := prepared.(statement)
	if !ok {
		return nil, errors.Join(fmt.Errorf("sqlite: %T cannot run with a context", prepared), prepared.Close())
	}
	if s.recent.Len() >= s.size {
		if err := s.evict(); err != nil {
			return nil, errors.Join(err, prepared.Close())
		}
	}
	if s.byText == nil {
		s.byText = make(map[string]*list.Element)
	}
	text = strings.Clone(text) // the caller's may be a piece of something large
	s.byText[text] = s.recent.PushFront(&preparedStmt{text, stmt})
	return stmt, nil
}

func (s *stmtCache) evict() error {
	old := s.recent.Remove(s.recent.Back()).(*preparedStmt)
	delete(s.byText, old.text)
	return old.stmt.Close()
}

// close closes all statements.
func (s *stmtCache) close() error {
	var errs []error
	for s.recent.Len() > 0 {
		errs = append(errs, s.evict())
	}
	return errors.Join(errs...)
}

// bindValue returns the form in which SQLite stores a value; see
// [driver.Kind] for the values that come. A list becomes a JSON array for
// json_each.
//
// [driver.Kind]: https://pkg.go.dev/github.com/seed-7694ebf6/plinth/store/driver#Kind
func bindValue(v any) (sqldriver.Value, error) {
	switch v := v.(type) {
	case nil, string, int64, float64, []byte:
		return v, nil
	case bool:
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	case time.Time:
		return string(canon.AppendTimestamp(nil, v)), nil
	case int:
		return int64(v), nil
	case []string:
		return appendList(v, strictjson.AppendString), nil
	case []int64:
		return appendList(v, func(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }), nil
	case []float64:
		return appendList(v, canon.AppendFloat), nil
	case []bool:
		return appendList(v, appendBit), nil
	case []time.Time:
		return appendList(v, appendQuotedTime), nil
	}
	return nil, fmt.Errorf("sqlite: cannot bind %T", v)
}

// appendList returns a JSON array; a nil list is NULL.
func appendList[T any](list []T, element func([]byte, T) []byte) sqldriver.Value {
	if list == nil {
		return nil
	}
	b := append(make([]byte, 0, 2+16*len(list)), '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = element(b, v)
	}
	return string(append(b, ']'))
}

// appendBit writes a bool as the column holds it, so that json_each compares.
func appendBit(b []byte, v bool) []byte {
	if v {
		return append(b, '1')
	}
	return append(b, '0')
}

func appendQuotedTime(b []byte, t time.Time) []byte {
	return append(canon.AppendTimestamp(append(b, '"'), t), '"')
}
