package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// translate turns an error of the engine into one of package driver, and
// returns others as they are.
func translate(err error) error {
	engine, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	if kind := violation(engine); kind != 0 {
		return newViolation(kind, engine)
	}
	if sentinel := sentinelOf(engine); sentinel != nil {
		return fmt.Errorf("%w: sqlite: %w", sentinel, err)
	}
	return fmt.Errorf("sqlite: %w", err)
}

// violation returns the kind of constraint an error reports, 0 for others.
func violation(err *sqlite.Error) driver.ViolationKind {
	switch err.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return driver.Unique
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return driver.ForeignKey
	case sqlite3.SQLITE_CONSTRAINT_TRIGGER:
		// The action RESTRICT counts as a trigger.
		if strings.Contains(err.Error(), "FOREIGN KEY constraint failed") {
			return driver.ForeignKey
		}
		return driver.Check // raise(abort) of a trigger, as check_violation on PostgreSQL
	case sqlite3.SQLITE_CONSTRAINT_NOTNULL:
		return driver.NotNull
	case sqlite3.SQLITE_CONSTRAINT_CHECK:
		return driver.Check
	}
	return 0
}

// sentinelOf returns the driver's error for a result code, nil if there is
// none. The low byte is the class, the rest its detail.
func sentinelOf(err *sqlite.Error) error {
	if err.Code() == sqlite3.SQLITE_BUSY { // another process held the lock for all of BusyTimeout
		return driver.ErrBusy
	}
	switch err.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		return driver.ErrRetry
	case sqlite3.SQLITE_FULL:
		return driver.ErrFull
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM:
		return driver.ErrUnavailable
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return driver.ErrReadOnly
	case sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH:
		return driver.ErrValue
	case sqlite3.SQLITE_CONSTRAINT:
		if err.Code() == sqlite3.SQLITE_CONSTRAINT_DATATYPE {
			return driver.ErrValue
		}
	case sqlite3.SQLITE_ERROR:
		if isValueText(err.Error()) {
			return driver.ErrValue
		}
	}
	return nil
}

// isValueText reports whether the text of a general error blames a value. There
// is nothing but the text to tell by.
func isValueText(text string) bool {
	for _, part := range []string{valueErrorPrefix, "integer overflow", "malformed JSON", "pattern too complex"} {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// isInterrupt reports whether a statement was ended because its context had.
func isInterrupt(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	engine, ok := errors.AsType[*sqlite.Error](err)
	return ok && engine.Code()&0xff == sqlite3.SQLITE_INTERRUPT
}

// newViolation reads the names from the engine's text:
//
//	constraint failed: UNIQUE constraint failed: t.a, t.b (2067)
//	constraint failed: UNIQUE constraint failed: index 'name' (2067)
//	constraint failed: CHECK constraint failed: name (275)
//
// Names that are no plain identifiers are left out; the store has its schema.
func newViolation(kind driver.ViolationKind, err *sqlite.Error) *driver.Violation {
	v := &driver.Violation{Kind: kind, Err: fmt.Errorf("sqlite: %w", err)}
	_, names, ok := strings.Cut(err.Error(), " constraint failed: ")
	if end := strings.LastIndex(names, " ("); ok && end >= 0 {
		names = names[:end]
	}
	if kind == driver.Check {
		if isIdentifier(names) {
			v.Constraint = names
		}
		return v
	}
	if index, ok := strings.CutPrefix(names, "index '"); ok {
		v.Constraint = strings.TrimSuffix(index, "'")
		return v
	}
	v.Table, v.Columns = splitColumns(names)
	return v
}

// splitColumns splits "t.a, t.b".
func splitColumns(names string) (table string, columns []string) {
	for name := range strings.SplitSeq(names, ", ") {
		t, column, _ := strings.Cut(name, ".")
		if !isIdentifier(t) || !isIdentifier(column) || table != "" && t != table {
			return "", nil
		}
		table, columns = t, append(columns, column)
	}
	return table, columns
}

func isIdentifier(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
		if !letter {
			return false
		}
	}
	return s != ""
}
