package bridge

const (
	quietestDB = -30.0  // AirPlay's scale above mute is -30 to 0
	muteDB     = -144.0 // and this is mute
)

// levelDB turns a level of 0 to 1 into AirPlay's decibels, which iOS and the
// others lay out linearly along their slider.
func levelDB(level float64) float64 {
	return min(max(level, 0), 1)*-quietestDB + quietestDB
}

// dbLevel is the inverse of levelDB.
func dbLevel(db float64) float64 {
	return (min(max(db, quietestDB), 0) - quietestDB) / -quietestDB
}
