package sqlite

import (
	"container/list"
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"strings"
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
