package store

import (
	"cmp"
	"context"
	"log/slog"
	"time"
)

// LogStatementsOptions tunes [LogStatements]. The zero value is ready to use.
type LogStatementsOptions struct {
	// RequestID returns the id of the request a statement belongs to, empty
	// for none; it becomes the attribute request_id. Nil leaves that to the
	// logger's handler, which gets the context.
	RequestID func(ctx context.Context) string

	// Slow is the duration from which a statement is logged as slow, including the wait
	// for a connection. Negative logs none as slow.
	//
	// Defaults to 200 ms.
	Slow time.Duration
}

// LogStatements returns a [Tracer] that logs every statement at level debug, and
// those that were slow at level warn: operation, table, duration, rows, the kind
// of an error and the text with placeholders, never values. A nil logger discards
// them.
func LogStatements(logger *slog.Logger, opts LogStatementsOptions) Tracer {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	opts.Slow = cmp.Or(opts.Slow, 200*time.Millisecond)
	return statementLog{logger, opts}
}

// statementLog implements [Tracer].
type statementLog struct {
	logger *slog.Logger
	opts   LogStatementsOptions
}

// Start implements [Tracer].
func (statementLog) Start(ctx context.Context, _ TracedStatement) context.Context { return ctx }

// End implements [Tracer].
func (l statementLog) End(ctx context.Context, s TracedStatement, o TraceOutcome) {
	level, text := slog.LevelDebug, "store: statement"
	if l.opts.Slow > 0 && o.Duration >= l.opts.Slow {
		level, text = slog.LevelWarn, "store: slow statement"
	}
	if !l.logger.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 8)
	attrs = append(
		attrs,
		slog.String("operation", s.Operation),
		slog.String("table", s.Table),
		slog.Duration("duration", o.Duration),
		slog.Int64("rows", o.Rows),
	)
	if o.Error != "" {
		attrs = append(attrs, slog.String("error", string(o.Error)))
	}
	if l.opts.RequestID != nil {
		if id := l.opts.RequestID(ctx); id != "" {
			attrs = append(attrs, slog.String("request_id", id))
		}
	}
	attrs = append(attrs, slog.String("sql", s.SQL))
	l.logger.LogAttrs(ctx, level, text, attrs...)
}
