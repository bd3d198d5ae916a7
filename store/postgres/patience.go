package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// openEvery is how often a server is tried that takes no connections.
const openEvery = 500 * time.Millisecond

// inspect reads what depends on the server, which it waits for.
func (d *database) inspect(ctx context.Context, patience time.Duration) (driver.Dialect, error) {
	for began, told := time.Now(), false; ; {
		dialect, err := readDialect(ctx, d.sql)
		if err == nil || !mayComeUp(err) || time.Since(began)+openEvery > patience {
			return dialect, err
		}
		if !told {
			told = true
			d.logger.WarnContext(ctx, "postgres: the server accepts no connections; connecting is retried", "for", patience.String(), "error", err)
		}
		select {
		case <-time.After(openEvery):
		case <-ctx.Done():
			return dialect, errors.Join(ctx.Err(), err)
		}
	}
}

// mayComeUp reports whether connecting failed for a transient reason.
func mayComeUp(err error) bool {
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		// 57P03 is one that starts, 53300 one that has too many clients.
		return strings.HasPrefix(answer.Code, "57") || strings.HasPrefix(answer.Code, "53")
	}
	var (
		unfit     unfitError
		untrusted *tls.CertificateVerificationError
	)
	return (isConnect(err) || errors.Is(err, driver.ErrBusy)) && !errors.As(err, &unfit) && !errors.As(err, &untrusted)
}
