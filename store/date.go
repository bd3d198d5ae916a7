package store

import (
	"cmp"
	"database/sql/driver"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// Date is a day of the Gregorian calendar without time or zone. Dates are
// comparable. The zero Date is 0001-01-01; years 1 to 9999 can be stored.
type Date struct {
	days int32 // since 0001-01-01
}

// daysTo1970 is how many days 1970-01-01 is after 0001-01-01.
const daysTo1970 = 719_162

// NewDate returns a date. Months and days beyond their range roll over as in
// [time.Date].
func NewDate(year int, month time.Month, day int) Date {
	seconds := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix()
	return Date{int32(seconds/(24*60*60) + daysTo1970)}
}

// DateOf returns the day a time shows in its own location.
func DateOf(t time.Time) Date { return NewDate(t.Date()) }

// ParseDate parses 2006-01-02. A following time, as written by JavaScript's
// toISOString, is validated and ignored.
func ParseDate(s string) (Date, error) {
	text, err := canon.ParseDate(s)
	if err != nil {
		return Date{}, value.NotA("a date", s, err)
	}
	return dateFromText(text)
}

// dateFromText converts a bound value, which is in canonical form.
func dateFromText(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	return DateOf(t), err
}

// Time returns midnight of the day in UTC.
func (d Date) Time() time.Time {
	return time.Unix((int64(d.days)-daysTo1970)*24*60*60, 0).UTC()
}

// String returns the date as 2006-01-02.
func (d Date) String() string {
	var buf [16]byte
	return string(canon.AppendDateDays(buf[:0], int64(d.days)-daysTo1970))
}

// AddDays returns the date n days later.
func (d Date) AddDays(n int) Date { return Date{d.days + int32(n)} }

// Sub returns the number of days from o to d.
func (d Date) Sub(o Date) int { return int(d.days) - int(o.days) }

// Compare orders dates by time: -1, 0 or +1.
func (d Date) Compare(o Date) int { return cmp.Compare(d.days, o.days) }

// IsZero reports whether the date is 0001-01-01.
func (d Date) IsZero() bool { return d.days == 0 }

// MarshalText returns the form of String; in JSON a Date is that string.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads like [ParseDate].
func (d *Date) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDate(string(text))
	return err
}

// Value implements [driver.Valuer] with the form of String.
func (d Date) Value() (driver.Value, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	return d.String(), nil
}

// Scan implements [database/sql.Scanner] for text and times.
func (d *Date) Scan(src any) error {
	switch v := src.(type) {
	case string:
		return d.UnmarshalText([]byte(v))
	case []byte:
		return d.UnmarshalText(v)
	case time.Time:
		*d = DateOf(v)
		return nil
	}
	return scanError("Date", src)
}

func (d Date) check() error {
	if y := d.Time().Year(); y < 1 || y > 9999 {
		return canon.ErrRange
	}
	return nil
}
