# Settings of every Python kernel of this environment.
#
# TensorFlow's C++ code writes log lines straight to file descriptor 2, whatever Python says. By
# default the kernel shows all that arrives there as the output of the cell that is running. The
# log lines belong in the terminal; what Python itself writes to stdout and stderr is still shown.
c = get_config()
c.IPKernelApp.capture_fd_output = False
# Cells run alike for all readers, whatever their own Python does when it starts.
c.IPKernelApp.exec_PYTHONSTARTUP = False
# Each kernel would warn that others on this machine can listen to it.
c.IPKernelApp.log_level = "ERROR"
