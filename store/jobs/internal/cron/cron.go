// Package cron computes the due times of schedules.
package cron

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/netresearch/go-cron"
)

// Rule says when a schedule is due.
type Rule interface {
	// After returns the first due time that is later.
	After(t time.Time) time.Time

	// Until returns the last due time that is not later.
	Until(t time.Time) time.Time
}

// Period is the rule of the multiples of a duration since the year 1 in UTC.
type Period time.Duration

// After implements [Rule].
func (p Period) After(t time.Time) time.Time {
	return t.Truncate(time.Duration(p)).Add(time.Duration(p))
}

// Until implements [Rule].
func (p Period) Until(t time.Time) time.Time { return t.Truncate(time.Duration(p)) }

// expression is the rule of a cron expression.
type expression struct {
	cron.ScheduleWithPrev
	location *time.Location

	// fixed says that the hours are named. When clocks go back, such a time comes twice
	// and is due the first time only. An expression for every hour is due in both.
	fixed bool
}

var parser = cron.StandardParser()

// Parse reads an expression with five fields, or a name such as @daily.
func Parse(text string, location *time.Location) (Rule, error) {
	if strings.HasPrefix(text, "@every") || strings.Contains(text, "TZ=") {
		return nil, errors.New("use Every for a period, and Location for a time zone")
	}
	parsed, err := parser.Parse(text)
	if err != nil {
		return nil, err
	}
	schedule, ok := parsed.(cron.ScheduleWithPrev)
	if !ok {
		return nil, fmt.Errorf("the expression is %T", parsed)
	}
	fields := strings.Fields(text)
	e := expression{schedule, location, len(fields) == 5 && !strings.Contains(fields[1], "*")}
	if e.After(time.Unix(0, 0)).IsZero() {
		return nil, errors.New("there is no such day")
	}
	return e, nil
}

// After implements [Rule].
func (e expression) After(t time.Time) time.Time {
	t = e.Next(t.In(e.location))
	for e.fixed && repeated(t) {
		t = e.Next(t)
	}
	return t.UTC()
}

// Until implements [Rule].
func (e expression) Until(t time.Time) time.Time {
	t = e.Prev(t.Add(time.Second).Truncate(time.Second).In(e.location)) // it is due on full minutes
	for e.fixed && repeated(t) {
		t = e.Prev(t)
	}
	return t.UTC()
}

// repeated reports whether clocks showed the time of t before, since they went back.
func repeated(t time.Time) bool {
	for _, d := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour} {
		if t.Add(-d).Format(time.DateTime) == t.Format(time.DateTime) {
			return true
		}
	}
	return false
}
