import PoiseCommandLine

PoiseCommandLine.run()
