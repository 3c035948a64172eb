package transport

// UPnP errors of AVTransport:1 section 2.4.
const (
	FaultTransition = 701 // Transition not available
	FaultFormat     = 704 // Format not supported for playback
	FaultLocked     = 705 // Transport is locked
	FaultMIME       = 714 // Illegal MIME-type
	FaultBusy       = 715 // Content busy
	FaultNotFound   = 716 // Resource not found
	FaultInstance   = 718 // Invalid InstanceID
)
