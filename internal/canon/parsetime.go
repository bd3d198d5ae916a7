package canon

import (
	"math"
	"strconv"
	"time"
)

// maxTimeText bounds the text of a time; only a fraction can make one longer.
const maxTimeText = 64

// ParseTimestamp reads a date, or a date and a time of day behind a T or a
// space, with seconds, a fraction and a zone or without them:
// 2006-01-02T15:04:05.999999+07:00, 2006-01-02 15:04:05+07, 2006-01-02. A time
// without zone is UTC. Fractions are rounded to microseconds as PostgreSQL
// does; 24:00:00 and second 60 are the moment after. A zone may miss its plus
// sign, "05:00 00:00" or "05:00 02", because forms and URLs turn it into a
// space. The result is in UTC and in the years 1 to 9999.
func ParseTimestamp(s string) (time.Time, error) {
	_, t, err := parseTime(s)
	if err != nil {
		return time.Time{}, err
	}
	if y := t.Year(); y < 1 || y > 9999 {
		return time.Time{}, ErrRange
	}
	return t, nil
}

// ParseDate reads a date, or a time as [ParseTimestamp] takes it, of which it
// returns the date as written, and returns it as 2006-01-02.
func ParseDate(s string) (string, error) {
	if len(s) == 10 {
		_, err := parseDay(s)
		return s, err
	}
	day, _, err := parseTime(s)
	return day, err
}

// parseTime returns the date as written and the moment in UTC.
func parseTime(s string) (string, time.Time, error) {
	if len(s) < 10 || len(s) > maxTimeText {
		return "", time.Time{}, ErrSyntax
	}
	day, err := parseDay(s[:10])
	if err != nil || len(s) == 10 {
		return s[:10], day, err
	}
	if c := s[10]; c != 'T' && c != 't' && c != ' ' {
		return "", time.Time{}, ErrSyntax
	}
	clock, rest, err := parseClock(s[11:])
	if err != nil {
		return "", time.Time{}, err
	}
	offset, err := parseZone(rest)
	if err != nil {
		return "", time.Time{}, err
	}
	return s[:10], day.Add(clock - offset), nil
}

// parseDay reads exactly 2006-01-02.
func parseDay(s string) (time.Time, error) {
	year, ok1 := digits(s[:4])
	month, ok2 := digits(s[5:7])
	day, ok3 := digits(s[8:10])
	if !ok1 || !ok2 || !ok3 || s[4] != '-' || s[7] != '-' {
		return time.Time{}, ErrSyntax
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if year < 1 || month < 1 || month > 12 || day < 1 || t.Day() != day {
		return time.Time{}, ErrRange
	}
	return t, nil
}

// parseClock reads 15:04, 15:04:05 or 15:04:05.999 at the start of s.
func parseClock(s string) (time.Duration, string, error) {
	if len(s) < 5 || s[2] != ':' {
		return 0, "", ErrSyntax
	}
	hour, ok1 := digits(s[:2])
	minute, ok2 := digits(s[3:5])
	if !ok1 || !ok2 {
		return 0, "", ErrSyntax
	}
	rest := s[5:]
	second, micros := 0, 0
	if len(rest) >= 3 && rest[0] == ':' {
		var ok bool
		if second, ok = digits(rest[1:3]); !ok {
			return 0, "", ErrSyntax
		}
		rest = rest[3:]
		if rest != "" && rest[0] == '.' {
			n := span(rest[1:])
			if n == 0 {
				return 0, "", ErrSyntax
			}
			micros = roundFraction(rest[:1+n])
			rest = rest[1+n:]
		}
	}
	if hour > 24 || minute > 59 || second > 60 || hour == 24 && minute+second+micros > 0 {
		return 0, "", ErrRange
	}
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute +
		time.Duration(second)*time.Second + time.Duration(micros)*time.Microsecond, rest, nil
}

// roundFraction rounds a fraction such as ".1234565" in floating point, half to
// even, because PostgreSQL does.
func roundFraction(s string) int {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0 // a point and digits always parse
	}
	return int(math.RoundToEven(f * microsPerSecond))
}

// parseZone reads what stands behind the time of day: nothing, Z, or an offset
// as +07, +0730, +07:30 or +07:30:15, with a space for the plus.
func parseZone(s string) (time.Duration, error) {
	if len(s) > 1 && s[0] == ' ' && (s[1] == '+' || s[1] == '-' || s[1] == 'Z' || s[1] == 'z') {
		s = s[1:]
	}
	if s == "" || s == "Z" || s == "z" {
		return 0, nil
	}
	sign := time.Duration(1)
	switch s[0] {
	case '-':
		sign = -1
	case '+', ' ':
	default:
		return 0, ErrSyntax
	}
	var parts [3]int
	rest := s[1:]
	for i := range parts {
		if i > 0 && rest != "" && rest[0] == ':' {
			rest = rest[1:]
		} else if i == 2 && rest != "" {
			return 0, ErrSyntax
		} else if i > 0 && rest == "" {
			break
		}
		if len(rest) < 2 {
			return 0, ErrSyntax
		}
		var ok bool
		if parts[i], ok = digits(rest[:2]); !ok {
			return 0, ErrSyntax
		}
		rest = rest[2:]
	}
	if rest != "" {
		return 0, ErrSyntax
	}
	if parts[0] > 15 || parts[1] > 59 || parts[2] > 59 {
		return 0, ErrRange
	}
	return sign * (time.Duration(parts[0])*time.Hour + time.Duration(parts[1])*time.Minute + time.Duration(parts[2])*time.Second), nil
}
