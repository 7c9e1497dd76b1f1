/// A moment in UTC, as the calendar and the clock say it.
struct CalendarTime {
  let year, month, day, hour, minute, second, millisecond: Int

  /// - Parameter unixTime: in s.
  init(unixTime: Double) {
    // A file that tells no sensible time is dated like one that tells none.
    let milliseconds = abs(unixTime) < 1e11 ? Int((unixTime * 1000).rounded()) : 0
    let (seconds, rest) = milliseconds.quotientAndRemainder(roundingDownBy: 1000)
    let (days, ofDay) = seconds.quotientAndRemainder(roundingDownBy: 86_400)
    // Years that begin in March have their leap day at the end; 400 of them have 146 097 days.
    let (era, dayOfEra) = (days + 719_468).quotientAndRemainder(roundingDownBy: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + 400 * era + (month <= 2 ? 1 : 0)
    (hour, minute, second, millisecond) = (ofDay / 3600, ofDay / 60 % 60, ofDay % 60, rest)
  }

  static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}

extension Int {
  fileprivate func quotientAndRemainder(roundingDownBy divisor: Int) -> (Int, Int) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}

extension TextBuffer {
  /// 2026-01-15 09:30:00, with milliseconds 2026-01-15 09:30:00.000.
  mutating func appendISO(_ unixTime: Double, milliseconds: Bool = false) {
    appendISODay(unixTime)
    append(" ")
    appendClock(unixTime, milliseconds: milliseconds)
  }

  /// 2026-01-15.
  mutating func appendISODay(_ unixTime: Double) {
    let time = CalendarTime(unixTime: unixTime)
    append(padded: time.year, 4)
    append("-")
    append(padded: time.month, 2)
    append("-")
    append(padded: time.day, 2)
  }

  /// 01/15/2026 09:30:00, with milliseconds 01/15/2026 09:30:00.000.
  mutating func appendAmerican(_ unixTime: Double, milliseconds: Bool = false) {
    appendAmericanDay(unixTime)
    append(" ")
    appendClock(unixTime, milliseconds: milliseconds)
  }

  /// 01/15/2026.
  mutating func appendAmericanDay(_ unixTime: Double) {
    let time = CalendarTime(unixTime: unixTime)
    append(padded: time.month, 2)
    append("/")
    append(padded: time.day, 2)
    append("/")
    append(padded: time.year, 4)
  }

  /// 15-Jan-26.
  mutating func appendDayInWords(_ unixTime: Double) {
    let time = CalendarTime(unixTime: unixTime)
    append(padded: time.day, 2)
    append("-")
    append(CalendarTime.months[time.month - 1])
    append("-")
    append(padded: time.year % 100, 2)
  }

  /// 9:30:00 AM.
  mutating func appendTwelveHourClock(_ unixTime: Double, hourDigits: Int) {
    let time = CalendarTime(unixTime: unixTime)
    append(padded: (time.hour + 11) % 12 + 1, hourDigits)
    append(":")
    append(padded: time.minute, 2)
    append(":")
    append(padded: time.second, 2)
    append(time.hour < 12 ? " AM" : " PM")
  }

  /// A time in s as 123:04:05 or, with milliseconds, 123:04:05.678.
  mutating func appendHours(_ duration: Double, milliseconds: Bool) {
    let total = UInt64(max(0, min(duration, 1e12)) * 1000 + 0.5)
    append(padded: total / 3_600_000, 2)
    append(":")
    append(padded: total / 60_000 % 60, 2)
    append(":")
    append(padded: total / 1000 % 60, 2)
    guard milliseconds else { return }
    append(".")
    append(padded: total % 1000, 3)
  }

  private mutating func appendClock(_ unixTime: Double, milliseconds: Bool) {
    let time = CalendarTime(unixTime: unixTime)
    append(padded: time.hour, 2)
    append(":")
    append(padded: time.minute, 2)
    append(":")
    append(padded: time.second, 2)
    guard milliseconds else { return }
    append(".")
    append(padded: time.millisecond, 3)
  }

  private mutating func append(padded value: Int, _ digits: Int) {
    append(padded: UInt64(value.magnitude), digits)
  }
}
