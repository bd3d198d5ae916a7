package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// session holds the prepared statements of a connection, found by their text, with the
// data that a run needs. A run takes one look-up and one round trip. Only the holder of
// the connection may use a session.
//
// pgx's own modes look a statement up three times for each run and plan its arguments
// and results each time.
type session struct {
	conn *pgconn.PgConn

	// known holds the statements, ring the same in no order. When it is full,
	// statements are evicted with the CLOCK algorithm: hand skips a statement used
	// since its last pass.
	known map[string]*statement
	ring  []*statement
	hand  int

	// dead are the names of statements the server may have and we do not use.
	// They are closed before another one is prepared.
	dead []string
}

// statement is a text a connection has run.
type statement struct {
	text string

	// described holds the types of the parameters and, for a prepared statement, of the
	// columns. Nil means not described. It has a name if the server keeps the statement
	// prepared.
	described *pgconn.StatementDescription

	used bool // used since the last pass of hand
}

// sessionKey is where pgx keeps the session with its connection.
const sessionKey = "plinth"

// session returns the session of a connection.
func (d *database) session(conn *pgconn.PgConn) *session {
	s, ok := conn.CustomData()[sessionKey].(*session)
	if !ok {
		s = &session{conn: conn, known: make(map[string]*statement)}
		conn.CustomData()[sessionKey] = s
	}
	return s
}

// statement returns the statement of a text.
func (s *session) statement(text string) *statement {
	st, ok := s.known[text]
	if !ok {
		return s.add(text)
	}
	st.used = true
	return st
}

// add makes room for a statement and adds it.
func (s *session) add(text string) *statement {
	st := &statement{text: text}
	if len(s.ring) < statementCache {
		s.ring = append(s.ring, st)
	} else {
		for s.ring[s.hand].used {
			s.ring[s.hand].used = false
			s.hand = (s.hand + 1) % len(s.ring)
		}
		s.forget(s.ring[s.hand])
		delete(s.known, s.ring[s.hand].text)
		s.ring[s.hand] = st
		s.hand = (s.hand + 1) % len(s.ring)
	}
	s.known[text] = st
	return st
}

// isReady reports whether a statement is described and, if it is to be kept by the
// server, prepared.
func (st *statement) isReady(prepared bool) bool {
	return st.described != nil && (!prepared || st.described.Name != "")
}

// ready describes a statement and, if it is to be kept by the server, prepares
// it. That takes a round trip.
func (s *session) ready(ctx context.Context, st *statement, prepared bool) error {
	if err := s.bury(ctx); err != nil {
		return err
	}
	name := ""
	if prepared {
		name = statementName(st.text)
	}
	described, err := s.conn.Prepare(ctx, name, st.text, nil)
	if err != nil {
		if prepared {
			s.dead = append(s.dead, name) // perhaps it was prepared and could not be described
		}
		return err
	}
	st.described = described
	return nil
}

// statementName is the name of a text. The same name is the same text on every
// connection of every process: where a pooler hands sessions around behind our
// back, a statement may be missing or there already, but it is not another one.
func statementName(text string) string {
	digest := sha256.Sum256([]byte(text))
	return "plinth_" + hex.EncodeToString(digest[:16])
}

// failed forgets a statement that may have caused an error of the server: the
// schema has changed, or the server has lost it. Errors that values, locks and
// time cause say nothing about it.
func (s *session) failed(st *statement, err error) {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return
	}
	const badBinary = "22P03" // the types of the parameters are not what we think
	switch refused.Code[:min(2, len(refused.Code))] {
	case "22", "23", "40", "55", "57":
		if refused.Code != badBinary {
			return
		}
	}
	s.forget(st)
}

// forget makes the next run describe the statement again.
func (s *session) forget(st *statement) {
	if st.described != nil && st.described.Name != "" {
		s.dead = append(s.dead, st.described.Name)
	}
	st.described = nil
}

// bury closes the dead on the server, in one round trip. It also works in a
// failed transaction, and closing what is not there is no error.
func (s *session) bury(ctx context.Context) error {
	if len(s.dead) == 0 {
		return nil
	}
	pipeline := s.conn.StartPipeline(ctx)
	for _, name := range s.dead {
		pipeline.SendDeallocate(name)
	}
	if err := errors.Join(pipeline.Sync(), pipeline.Close()); err != nil {
		return err
	}
	s.dead = s.dead[:0]
	return nil
}
