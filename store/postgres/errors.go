package postgres

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// lockNotAvailable is the code of a statement that waited for a lock as long as
// lock_timeout lets it.
const lockNotAvailable = "55P03"

// mapError turns what pgx and database/sql report into the errors of package
// driver. It is the only place that knows SQLSTATE codes. When ctx has ended
// that is the error: the rest are its consequences.
func mapError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, driver.ErrBusy) {
		return err
	}
	if ended := ctx.Err(); ended != nil {
		if errors.Is(err, ended) {
			return err
		}
		return fmt.Errorf("%w: %w", ended, err)
	}
	var refused *pgconn.PgError
	switch {
	case isConnect(err) && !isFull(err): // also if the server answered, that it starts up or knows no such role
		return fmt.Errorf("%w: %w", driver.ErrUnavailable, err)
	case errors.As(err, &refused):
		return mapCode(refused, err)
	case errors.Is(err, pgx.ErrTxCommitRollback), errors.Is(err, sql.ErrTxDone), errors.Is(err, sql.ErrConnDone):
		return fmt.Errorf("%w: %w", driver.ErrTxAborted, err)
	case isLost(err):
		return fmt.Errorf("%w: %w", driver.ErrUnavailable, err)
	}
	return err
}

// mapCode maps an error the server reported; err is what wraps it.
func mapCode(refused *pgconn.PgError, err error) error {
	if kind, ok := violations[refused.Code]; ok {
		v := &driver.Violation{Kind: kind, Constraint: refused.ConstraintName, Table: refused.TableName, Err: err}
		if refused.ColumnName != "" {
			v.Columns = []string{refused.ColumnName}
		}
		return v
	}
	if check, ok := raisedCheck(refused); ok {
		return fmt.Errorf("%w: %w", &driver.Raised{Check: check}, err)
	}
	if isStalePlan(err) {
		return fmt.Errorf("%w: %w", driver.ErrRetry, err)
	}
	if kind, ok := codes[refused.Code]; ok {
		return fmt.Errorf("%w: %w", kind, err)
	}
	if kind, ok := classes[refused.Code[:min(2, len(refused.Code))]]; ok {
		return fmt.Errorf("%w: %w", kind, err)
	}
	return err
}

// violations are the codes of class 23. An exclusion constraint is a unique
// one with another operator.
var violations = map[string]driver.ViolationKind{
	"23001": driver.ForeignKey, // restrict_violation, from PostgreSQL 18 on
	"23502": driver.NotNull,
	"23503": driver.ForeignKey,
	"23505": driver.Unique,
	"23514": driver.Check,
	"23P01": driver.Unique,
}

// codes are single SQLSTATE codes, see PostgreSQL's appendix A.
var codes = map[string]error{
	"25006": driver.ErrReadOnly,    // read_only_sql_transaction
	"25P02": driver.ErrTxAborted,   // in_failed_sql_transaction
	"25P03": driver.ErrUnavailable, // idle_in_transaction_session_timeout
	"25P04": driver.ErrTimeout,     // transaction_timeout
	"40001": driver.ErrRetry,       // serialization_failure
	"40P01": driver.ErrRetry,       // deadlock_detected
	"53100": driver.ErrFull,        // disk_full
	"53300": driver.ErrBusy,        // too_many_connections

	lockNotAvailable: driver.ErrBusy,
	"57014":          driver.ErrTimeout, // query_canceled
}

// classes are the first two characters of codes that are not listed alone.
var classes = map[string]error{
	"08": driver.ErrUnavailable, // connection exception
	"22": driver.ErrValue,       // data exception
	"53": driver.ErrUnavailable, // insufficient resources
	"57": driver.ErrUnavailable, // operator intervention
}

// raisedCheck returns the name of the check a statement raised by casting
// RaisePrefix and the name to a number.
func raisedCheck(refused *pgconn.PgError) (string, bool) {
	const invalidText = "22P02"
	if refused.Code != invalidText {
		return "", false
	}
	_, check, ok := strings.Cut(refused.Message, driver.RaisePrefix)
	if !ok {
		return "", false
	}
	// A quotation mark of the server's language follows it.
	if end := strings.IndexFunc(check, isNotName); end >= 0 {
		check = check[:end]
	}
	return check, true
}

func isNotName(c rune) bool {
	return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("_-.:", c)
}

// isStalePlan reports that a cached statement no longer fits the schema, or that the
// server does not know it, as behind a pooler that switched sessions. The statement has
// not run. The session drops it, so that the retry prepares it again.
func isStalePlan(err error) bool {
	const notSupported, noStatement = "0A000", "26000"
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return false
	}
	// The code alone says feature_not_supported. The routine is not translated
	// as the message is.
	return refused.Code == noStatement || refused.Code == notSupported && refused.Routine == "RevalidateCachedQuery"
}

// poolClosed is the text of an error that database/sql does not export.
const poolClosed = "sql: database is closed"

// isLost reports that the connection is gone or could not be made.
func isLost(err error) bool {
	var (
		refused *pgconn.PgError
		network net.Error
	)
	switch {
	case err == nil:
		return false
	case isConnect(err), errors.Is(err, pgconn.ErrConnClosed),
		errors.Is(err, sqldriver.ErrBadConn),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, puddle.ErrClosedPool), strings.HasSuffix(err.Error(), poolClosed):
		return true
	case errors.As(err, &refused):
		return refused.SeverityUnlocalized == "FATAL"
	}
	return errors.As(err, &network)
}

// isConnect reports that no connection could be made.
func isConnect(err error) bool {
	var connect *pgconn.ConnectError
	return errors.As(err, &connect)
}
