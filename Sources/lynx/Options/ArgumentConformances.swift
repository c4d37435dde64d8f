public import ArgumentParser
import FlameGraphs
public import Terminal

extension ColorMode: ExpressibleByArgument {}
extension FlameGraphOptions.Palette: ExpressibleByArgument {}
