package canon

import "time"

const (
	microsPerSecond = 1_000_000
	secondsPerDay   = 86_400
	microsPerDay    = secondsPerDay * microsPerSecond
)

// AppendTimestamp appends a time in UTC as 2006-01-02T15:04:05.000000+00:00.
// What is below a microsecond is cut off.
func AppendTimestamp(dst []byte, t time.Time) []byte {
	return AppendTimestampMicros(dst, t.UnixMicro())
}

// AppendTimestampMicros appends a time given in microseconds since 1970 in the
// form of [AppendTimestamp]. Years outside 1 to 9999, which the readers refuse,
// come out with a sign or more digits.
func AppendTimestampMicros(dst []byte, micros int64) []byte {
	days, rest := micros/microsPerDay, micros%microsPerDay
	if rest < 0 {
		days--
		rest += microsPerDay
	}
	dst = AppendDateDays(dst, days)
	seconds, fraction := int(rest/microsPerSecond), int(rest%microsPerSecond)
	dst = append(dst, 'T')
	dst = append2(dst, seconds/3600)
	dst = append(dst, ':')
	dst = append2(dst, seconds/60%60)
	dst = append(dst, ':')
	dst = append2(dst, seconds%60)
	dst = append(dst, '.')
	dst = append2(dst, fraction/10_000)
	dst = append2(dst, fraction/100%100)
	dst = append2(dst, fraction%100)
	return append(dst, "+00:00"...)
}

// AppendDateDays appends a date given in days since 1970 as 2006-01-02.
func AppendDateDays(dst []byte, days int64) []byte {
	// Count from 0000-03-01, so that the leap day is the last of its year; an
	// era is the 400 years after which the calendar repeats.
	const daysPerEra, epoch = 146_097, 719_468
	days += epoch
	era := days / daysPerEra
	if days%daysPerEra < 0 {
		era--
	}
	day := days - era*daysPerEra
	year := (day - day/1460 + day/36524 - day/146096) / 365
	day -= 365*year + year/4 - year/100
	month := (5*day + 2) / 153
	day -= (153*month+2)/5 - 1
	month += 3
	year += era * 400
	if month > 12 {
		month -= 12
		year++
	}
	dst = appendYear(dst, year)
	dst = append(dst, '-')
	dst = append2(dst, int(month))
	dst = append(dst, '-')
	return append2(dst, int(day))
}

func appendYear(dst []byte, year int64) []byte {
	if year < 0 {
		dst = append(dst, '-')
		year = -year
	}
	if year > 9999 {
		dst = appendYear(dst, year/10_000)
		year %= 10_000
	}
	return append2(append2(dst, int(year/100)), int(year%100))
}

func append2(dst []byte, n int) []byte {
	return append(dst, byte('0'+n/10), byte('0'+n%10))
}
