"""What Binance's markets have in common: keys and signatures, parameters, errors, streams, klines."""
