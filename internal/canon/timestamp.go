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
	dst = append(AppendDateDays(dst, days), "T00:00:00.000000+00:00"...)
	seconds, fraction := uint32(rest/microsPerSecond), uint32(rest%microsPerSecond)
	t := dst[len(dst)-len("00:00:00.000000+00:00"):]
	put2(t[0:2], seconds/3600)
	put2(t[3:5], seconds/60%60)
	put2(t[6:8], seconds%60)
	put2(t[9:11], fraction/10_000)
	put2(t[11:13], fraction/100%100)
	put2(t[13:15], fraction%100)
	return dst
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
	dst = append(appendYear(dst, year), "-00-00"...)
	d := dst[len(dst)-len("00-00"):]
	put2(d[0:2], uint32(month))
	put2(d[3:5], uint32(day))
	return dst
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
	dst = append(dst, "0000"...)
	y, n := dst[len(dst)-4:], uint32(year)
	put2(y[0:2], n/100)
	put2(y[2:4], n%100)
	return dst
}

// put2 writes two digits.
func put2(b []byte, n uint32) {
	b[0], b[1] = byte('0'+n/10), byte('0'+n%10)
}
